#!/bin/bash
# ams report, and how its page looks at the width of a desk and of a phone, in headless Chromium where there is one.
# The numbers of fixtures/report are made up. Arguments: the program, tests/cli/fixtures.
set -euo pipefail
ams=$1
fixtures=$2
# shellcheck source=tests/cli/common.sh
. "$(dirname "$(readlink -f "$0")")/common.sh"

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
expect 1 "did you mean --expected" "$ams" report run --expectd run/expected
expect 3 "no such folder: nowhere" "$ams" report nowhere
expect 3 "cannot open the folder" "$ams" report run --expected nowhere
cp run/report.html before.html
sed -i '3s/\tphotos\t/\tpictures\t/' run/rows.tsv
expect 2 "run/rows.tsv:3: column 'set': expected one of 'photos', 'synthetic', found 'pictures'" "$ams" report run
cmp run/report.html before.html || fail "a report that cannot be written took the place of the last"

browser=
for name in chromium chromium-browser google-chrome; do
  command -v "$name" > /dev/null && browser=$name && break
done
if [ -z "$browser" ]; then
  echo "Skipped: no Chromium to look at the page with (apt-get install chromium)"
  exit 77
fi
# The page itself has no script; this copy measures itself. What scrolls by itself may be wider than it seems.
cat > check.html << 'HTML'
<script>
document.querySelectorAll('details').forEach(d => d.open = true);
const wide = [];
if (document.documentElement.scrollWidth > window.innerWidth) wide.push('page');
document.querySelectorAll('main *').forEach(e => {
  if (e.closest('.scroll, pre') || e.closest('thead')) return;
  const box = e.getBoundingClientRect();
  const room = (e.closest('td, th, main') || document.body).getBoundingClientRect();
  if (box.right > window.innerWidth + 1 || box.right > room.right + 1)
    wide.push(e.tagName + ' ' + e.textContent.trim().replace(/\s+/g, ' ').slice(0, 40));
});
const small = [...document.querySelectorAll('main *')].filter(e => parseFloat(getComputedStyle(e).fontSize) < 11 && !e.closest('svg'));
const ids = [...document.querySelectorAll('[id]')].map(e => e.id);
const lost = [...document.querySelectorAll('a[href^="#"], svg use')].filter(e => !document.getElementById(e.getAttribute('href').slice(1)));
window.parent.postMessage(['width', window.innerWidth, 'wide', wide.length, 'small', small.length,
  'twins', ids.length - new Set(ids).size, 'lost', lost.length, wide.slice(0, 5).join('; ')].join(' '), '*');
</script>
HTML
cat run/report.html check.html > measured.html
for width in 1280 390 320; do
  # A window has a least width; a frame has none.
  cat > frame.html << HTML
<script>onmessage = e => document.documentElement.setAttribute('data-found', e.data);</script>
<iframe src="measured.html" width="$width" height="900" style="border: 0"></iframe>
HTML
  "$browser" --headless=new --no-sandbox --disable-gpu --hide-scrollbars --user-data-dir="$PWD/profile" \
    --window-size=1400,1000 --virtual-time-budget=5000 --dump-dom "file://$PWD/frame.html" > dom.txt 2> err.txt ||
    fail "$browser: $(tail -3 err.txt)"
  found=$(grep -o 'data-found="[^"]*"' dom.txt | head -1) || found='nothing measured'
  [[ $found == "data-found=\"width $width wide 0 small 0 twins 0 lost 0"* ]] || fail "at $width: $found"
done
echo "1 passed, 0 failed"
