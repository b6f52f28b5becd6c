#!/bin/bash
# Confidences that float32 put just outside 0 to 1: in rows, in CSV, from a program.
# expected: up to 1e-6 outside is 0 or 1, counted; farther outside is refused
. "$PROJECT/tests/cases/common"
printf 'name\ttask\ttime_ms\na\tt\t10\n' > models.tsv
for c in 1.00000011920928955 -0.0000001 1 0.5; do
  printf '{"item": "i%s", "model": "a", "labels": [["x", %s]]}\n' "$c" "$c"
done > rows.jsonl
expect_code 0 "$AMS" data import rows.jsonl --models models.tsv -o d.h5
expect_text '^  2 confidences' out.txt
"$AMS" data export d.h5 -o - 2> err.txt | grep -o '"x",[^]]*' | sort > values
printf '"x",%s\n' 0 0.5 1 1 | cmp - values || fail "other confidences: $(tr '\n' ' ' < values)"
printf 'item,model,label,conf\ni,a,x,1.0000005\nj,a,x,0.2\n' > rows.csv
expect_code 0 "$AMS" data import rows.csv --models models.tsv -o d.h5
expect_text '^  1 confidences' out.txt
printf '[a]\ntask = t\ncommand = printf "x\\t1.0000001"\n' > models.ini
expect_code 0 "$AMS" run --record r.jsonl --models models.ini item
grep -q '"x", *1\]' r.jsonl || fail "recorded as $(cat r.jsonl)"
for c in 1.00001 -0.00001; do
  printf '{"item": "i", "model": "a", "labels": [["x", %s]]}\n' "$c" > bad.jsonl
  expect_code 2 "$AMS" data import bad.jsonl --models models.tsv -o d.h5
  expect_text 'from 0 to 1'
done
got "0 or 1, and counted"
