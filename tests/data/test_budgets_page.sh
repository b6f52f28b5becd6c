#!/bin/sh
# Runs the sh blocks of docs/budgets.md on four made-up services.
# Usage: test_budgets_page.sh AMS SOURCE_FOLDER
set -eu
ams=$1
source=$2
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
mkdir "$folder/bin"
ln -s "$ams" "$folder/bin/ams"
PATH=$folder/bin:$PATH
cd "$folder"
sh "$source/tests/data/four_services.sh"
awk '/^```sh$/ { inside = 1; next } /^```/ { inside = 0 } inside' "$source/docs/budgets.md" > blocks.sh
grep -q 'ams budget' blocks.sh
sh -eu blocks.sh > printed.txt
cat printed.txt
# At equal money the page's point has to show: the exact solution is above the cascade.
awk -F '\t' '$1 == "exact" || $1 == "cascade" { if ($4 == 5) score[$1] = $8; if ($4 == 5) cost[$1] = $5 }
  END { exit !(score["exact"] > score["cascade"] && cost["exact"] < 5.3 && cost["exact"] > 0) }' results/budget/curve.tsv
test "$(awk -F '\t' 'NR > 1' results/budget/area.tsv | wc -l)" = 4
# A split that is not there, and costs of another unit, are refused by name.
if ams budget --data animals.h5 --split validation 2> message.txt; then exit 1; fi
grep -q 'validation items with one right label each' message.txt
