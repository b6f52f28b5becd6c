#!/bin/bash
# A figure for the report with handlers and links in other cases, which a page takes for the same.
# expected: refused as in lower case
. "$PROJECT/tests/cases/common"
cp -r "$PROJECT/tests/cli/fixtures/report" rep
mkdir -p rep/figures
n=0
for bad in 'ONERROR="x()"' 'OnLoad="x()"' 'onclick="x()"' 'HREF="http://example.org/"' 'fill="URL(http://example.org/a)"' 'style="fill:u\72l(//example.org/a)"'; do
  printf '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"><rect %s/></svg>\n' "$bad" > rep/figures/recall-time.svg
  expect_code 2 "$AMS" report rep
  expect_text 'recall-time.svg:1: expected a drawing alone'
  n=$((n + 1))
done
got "$n of $n refused"
