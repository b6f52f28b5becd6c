#!/bin/bash
# Training items are there, but no model has an output above the threshold.
# expected: the message says how many items there are, and that none has an output above it
. "$PROJECT/tests/cases/common"
printf 'name\ttask\ttime_ms\na\tt\t10\nb\tu\t20\n' > models.tsv
for i in 0 1 2 3 4 5 6 7 8 9 10 11; do
  printf '{"item": "i%d", "model": "%s", "labels": [["x", 0.4]]}\n' $i a $i b
done > rows.jsonl
expect_code 0 "$AMS" data import rows.jsonl --models models.tsv -o d.h5
for command in "train -o run steps=50" "eval --policy fixed" "eval --policy knn" "eval --policy cooccur" "eval --policy linear" \
  "bench --what update --seconds 0.01 --runs 1" "schedule deadline --policy fixed --deadline 10ms"; do
  # shellcheck disable=SC2086 # words
  expect_code 2 "$AMS" $command --data d.h5
  expect_text 'training split has 6 items, none with an output above 0.5.*ams data threshold'
  ! grep -q 'data split' err.txt || fail "advice that cannot help: $(cat err.txt)"
done
"$AMS" sweep --data d.h5 --seeds 1 -o exp steps=50 > out.txt 2> err.txt && fail "a sweep came through"
expect_text 'none with an output above 0.5' exp/failed.tsv
expect_code 0 "$AMS" data threshold d.h5 0.3 # the advice helps
expect_code 0 "$AMS" eval --data d.h5 --policy fixed
got "said, and the advice helps"
