#!/bin/bash
# A baseline is fitted to last month's recording and scored on this month's, which has its models in another order.
# expected: the same bits as of a file put together by hand, for eval, compare, schedule and trace
. "$PROJECT/tests/cases/common"
rows() { # PREFIX ITEMS SEED SPLIT MODELS: random rows; before, model c finds little
  awk -v p="$1" -v n="$2" -v x="$3" -v split_="$4" -v models="$5" 'BEGIN {
    for (i = 0; i < n; i++) for (k = 1; k <= length(models); k++) { x = x * 16807 % 2147483647
      m = substr(models, k, 1)
      labels = x % 3 && !(m == "c" && length(models) == 4 && i % 9) ? sprintf("[\"%s%d\", %.2f]", x % 5 ? "l" : p, x % 4, 0.45 + x % 50 / 100) : ""
      printf "{\"item\": \"%s%03d\", \"model\": \"%s\", \"split\": \"%s\", \"labels\": [%s]}\n", p, i, m, split_, labels } }'
}
printf 'name\ttask\ttime_ms\tmem_mb\na\tt\t10\t100\nb\tt\t25\t200\nc\tu\t5\t50\n' > now.tsv
printf 'name\ttask\ttime_ms\tmem_mb\nd\tv\t1\t9\nc\tu\t50\t50\na\tt\t11\t100\nb\tt\t2\t200\n' > before.tsv
rows a 60 7 test abc > now.jsonl
rows z 40 11 train abc >> now.jsonl
rows f 50 13 train dcab > before.jsonl
rows g 9 17 test dcab >> before.jsonl
# By hand: the test items of one, the training items of the other without model d. Test items have the places that they had.
{ grep '"test"' now.jsonl && grep '"train"' before.jsonl | grep -v '"model": "d"'; } > hand.jsonl
expect_code 0 "$AMS" data import now.jsonl --models now.tsv -o now.h5
expect_code 0 "$AMS" data import before.jsonl --models before.tsv --threshold 0.9 -o before.h5 # what counts is what now.h5 says
expect_code 0 "$AMS" data import hand.jsonl --models now.tsv -o hand.h5
expect_code 0 "$AMS" train --data before.h5 -o other steps=100
expect_code 0 "$AMS" train --data now.h5 -o exp/runs/dqn-1 steps=100
policies="--policy fixed --policy knn --policy cooccur --policy linear --policy oracle"
# shellcheck disable=SC2086 # words
{
  expect_code 0 "$AMS" eval --data now.h5 --fit before.h5 $policies --policy exp/runs/dqn-1 -o fit
  expect_code 0 "$AMS" eval --data hand.h5 $policies --policy exp/runs/dqn-1 -o by-hand
  expect_code 0 "$AMS" eval --data now.h5 $policies --policy exp/runs/dqn-1 -o own
}
for file in summary.tsv intervals.tsv curves.tsv distribution.tsv positions.tsv; do
  cmp -s fit/$file by-hand/$file || fail "$file is not that of the file put together by hand: $(diff fit/$file by-hand/$file | head -n 2)"
done
cmp -s <(zstd -dcq fit/items.tsv.zst) <(zstd -dcq by-hand/items.tsv.zst) || fail "items differ"
for policy in fixed knn; do
  cmp -s <(grep ^$policy fit/summary.tsv) <(grep ^$policy own/summary.tsv) && fail "$policy is fitted to its own file"
done
for policy in random oracle all dqn; do # which are not fitted
  cmp -s <(grep ^$policy fit/summary.tsv) <(grep ^$policy own/summary.tsv) || fail "$policy depends on --fit"
done
grep -q '"fit": "before.h5"' fit/eval.json || fail "eval.json does not name the file"
expect_code 0 "$AMS" compare exp --data now.h5 --fit before.h5 --baseline fixed,knn --bootstrap 100
cp exp/compare.tsv fit.tsv
expect_code 0 "$AMS" compare exp --data hand.h5 --baseline fixed,knn --bootstrap 100
cmp -s <(grep -v train_seconds fit.tsv) <(grep -v train_seconds exp/compare.tsv) || fail "compare is not that of the file put together by hand"
for data in "now.h5 --fit before.h5" hand.h5; do
  # shellcheck disable=SC2086 # words
  expect_code 0 "$AMS" schedule deadline --data $data --policy cooccur --deadline 20%,60% --bootstrap 100 -o "limits-${data:0:3}"
done
cmp -s limits-now/schedule.tsv limits-han/schedule.tsv || fail "schedule is not that of the file put together by hand"
for scheduler in "fixed algorithm1" "cooccur plan" "knn algorithm1" "random algorithm1"; do
  for data in "now.h5 --fit before.h5" hand.h5; do
    # shellcheck disable=SC2086 # words
    expect_code 0 "$AMS" trace --data $data --policy ${scheduler% *} --scheduler ${scheduler#* } --item a007 --deadline 60% --seed 3 --json
    grep -v '"fit"' out.txt > "trace-${data:0:3}.json"
  done
  cmp -s trace-now.json trace-han.json || fail "the trace of $scheduler is not that of the file put together by hand"
done
expect_code 0 "$AMS" trace --data now.h5 --policy fixed --item z000 --fit before.h5 # a training item of its own file, not of the other
expect_code 2 "$AMS" trace --data now.h5 --policy fixed --item z000 --fit now.h5
expect_text "item 'z000' is a training item there"
expect_code 1 "$AMS" eval --data now.h5 --fit before.h5 --policy fixed --split train
expect_code 2 "$AMS" eval --data before.h5 --fit now.h5 --policy fixed
expect_text "none named 'd'"
expect_code 2 "$AMS" eval --data hand.h5 --fit now.h5 --policy fixed --split validation
sed 's/"train"/"x"/; s/"test"/"train"/; s/"x"/"test"/' now.jsonl > leak.jsonl
expect_code 0 "$AMS" data import leak.jsonl --models now.tsv -o leak.h5
expect_code 2 "$AMS" eval --data now.h5 --fit leak.h5 --policy fixed
expect_text "item 'a000' is a training item there and a test item"
got "the same bits; fixed takes $(awk -F '\t' '$1 == "fixed" && $3 == "1.0" { print $4 }' fit/summary.tsv) ms, fitted to its own file $(awk -F '\t' '$1 == "fixed" && $3 == "1.0" { print $4 }' own/summary.tsv)"
