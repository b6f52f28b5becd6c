#!/bin/bash
# A server with shared workers starts again with the same --trace, after a kill that tore the last row.
# expected: it appends, and its clock goes on; the torn row costs that row; `ams stream` replays the file
. "$PROJECT/tests/cases/common"
truth_data d.h5
expect_code 0 "$AMS" train --data d.h5 -o run steps=50
serve() { # ITEM...
  for item in "$@"; do printf '{"op":"begin","item":"%s","deadline_ms":80}\n' "$item"; done |
    "$AMS" serve --policy run --workers 2 --trace t.csv > out.txt 2> err.txt || fail "serve: $(cat err.txt)"
}
test_items=$("$AMS" data export d.h5 -o - --models m.tsv | sed -n 's/.*"item": *"\([^"]*\)".*"split": *"test".*/\1/p' | uniq | head -n 4)
read -ra item <<< "${test_items//$'\n'/ }"
serve "${item[0]}" "${item[1]}"
[ "$(wc -l < t.csv)" = 3 ] || fail "two requests: $(cat t.csv)"
last=$(tail -n 1 t.csv | cut -d , -f 1)
printf '99999.5,8' >> t.csv
expect_code 0 "$AMS" stream --data d.h5 --trace t.csv --seeds 1 --scheduler fifo
serve "${item[2]}" "${item[3]}"
[ "$(wc -l < t.csv)" = 5 ] || fail "four requests: $(cat t.csv)"
[ "$(grep -c arrival_ms t.csv)" = 1 ] || fail "two headers: $(cat t.csv)"
awk -F , -v last="$last" 'NR > 3 && $1 < last { exit 1 }' t.csv || fail "the clock went back: $(cat t.csv)"
expect_code 0 "$AMS" stream --data d.h5 --trace t.csv --seeds 1 --scheduler fifo
printf 'name,age\nx,3\n' > other.csv
"$AMS" serve --policy run --workers 1 --trace other.csv < /dev/null > out.txt 2> err.txt && fail "took a file of something else"
[ "$(cat other.csv)" = $'name,age\nx,3' ] || fail "a file of something else is changed"
got "$(wc -l < t.csv) lines, one header"
