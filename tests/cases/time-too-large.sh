#!/bin/bash
# Numbers that are too large for their type, and limits in messages.
# expected: the message says the limit, whole numbers with all digits
. "$PROJECT/tests/cases/common"
printf 'name\ttask\ttime_ms\na\tt\t10\n' > models.tsv
printf '{"item": "i", "model": "a", "labels": [], "time_ms": 1e39}\n' > rows.jsonl
expect_code 2 "$AMS" data import rows.jsonl --models models.tsv -o d.h5
expect_text 'below 3.4e38'
printf 'name\ttask\ttime_ms\na\tt\t1e39\n' > large.tsv
expect_code 2 "$AMS" data import rows.jsonl --models large.tsv -o d.h5
expect_text 'below 3.4e38'
rm rows.jsonl models.tsv
small_data d.h5
for key in seed steps batch; do
  expect_code 1 "$AMS" train --data d.h5 -o run $key=99999999999999999
  expect_text "$key"
  ! grep -qE '[0-9]e[+]' err.txt || fail "$key: $(cat err.txt)"
done
for option in --bootstrap --draws --threads; do
  expect_code 1 "$AMS" eval --data d.h5 --policy fixed $option 99999999999999999
  ! grep -qE '[0-9]e[+]' err.txt || fail "$option: $(cat err.txt)"
done
got "limits said, with all digits"
