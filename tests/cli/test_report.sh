#!/bin/bash
# ams report, and how its page looks at the width of a desk and of a phone, in headless Chromium where there is one.
# The numbers of fixtures/report are made up. Arguments: the program, tests/cli/fixtures.
set -euo pipefail
ams=$1
fixtures=$2
# shellcheck source=tests/cli/common.sh
. "$(dirname "$(readlink -f "$0")")/common.sh"
# shellcheck source=tests/cli/browser.sh
. "$(dirname "$(readlink -f "$0")")/browser.sh"

cp -r "$fixtures/report" run
# Real figures of data that is there; the third that experiments.tsv lists is not.
if command -v gnuplot > /dev/null; then
  "$ams" plot "$fixtures/eval" --what recall-time,recall-models --format svg -o run/figures > /dev/null
fi
"$ams" report run --expected run/expected --results RESULTS.md > out.txt
for path in run/report.md run/report.html RESULTS.md; do
  grep -qx "$path" out.txt || fail "no $path in the output"
  [ -s "$path" ] || fail "no $path"
done
grep -qF '16 numbers compared: 1 moved.' out.txt || fail "drift: $(cat out.txt)"
grep -qF 'This figure is missing.' run/report.html || fail "the missing figure is not named"
grep -qF '<b>not bold</b>' run/report.html && fail "not escaped"
grep -qF '&lt;b&gt;not bold&lt;/b&gt;' run/report.html || fail "a sentence is lost"
# Every row has as many cells as the header, whatever stands in them.
awk -F '[^\\\\][|]' '/^\| experiment/ { n = NF } n && /^\|/ && NF != n { exit 1 } !/^\|/ { n = 0 }' RESULTS.md ||
  fail "a row of RESULTS.md has other cells than its header"

expect 1 "one folder" "$ams" report
expect 1 "of a reproduction" "$ams" report --watch run --results R.md
expect 1 "did you mean --expected" "$ams" report run --expectd run/expected
expect 3 "no such folder: nowhere" "$ams" report nowhere
expect 3 "cannot open the folder" "$ams" report run --expected nowhere
cp run/report.html before.html
sed -i '3s/\tphotos\t/\tpictures\t/' run/rows.tsv
expect 2 "run/rows.tsv:3: column 'set': expected one of 'photos', 'synthetic', found 'pictures'" "$ams" report run
cmp run/report.html before.html || fail "a report that cannot be written took the place of the last"

need_browser
fits "1280 390 320" run/report.html
echo "1 passed, 0 failed"
