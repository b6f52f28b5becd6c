#!/bin/bash
# `ams train --auto`: what is kept is the best on the validation split, be it a constant order; the order as a policy file.
# Arguments: the program.
set -euo pipefail
ams=$1
# shellcheck source=tests/cli/common.sh
. "$(dirname "$(readlink -f "$0")")/common.sh"

# Five models of one task: each finds the item's label with its own probability, whatever the others do. Nothing can be
# learned from what they find, so the order by probability per time is as good as any policy.
awk 'BEGIN {
  srand(7)
  split("0.5 0.6 0.7 0.8 0.95", chance, " ")
  for (i = 0; i < 300; i++)
    for (m = 1; m <= 5; m++) {
      labels = rand() < chance[m] ? "[[\"t/a\",0.9]]" : "[]"
      printf "{\"item\":\"i%03d\",\"split\":\"%s\",\"model\":\"m%d\",\"labels\":%s}\n", i,
             i % 3 == 0 ? "train" : i % 3 == 1 ? "validation" : "test", m, labels
    }
}' > rows.jsonl
printf 'name\ttask\ttime_ms\nm1\tt\t10\nm2\tt\t11\nm3\tt\t12\nm4\tt\t13\nm5\tt\t14\n' > models.tsv
"$ams" data import rows.jsonl --models models.tsv -o five.h5 > /dev/null
small=(steps=300 validate_every=100 log_every=100 warmup=200)
"$ams" train --data five.h5 -o run --auto "${small[@]}" > out.txt 2> /dev/null
for file in policy.ams auto.tsv goals/policy.ams gain/policy.ams few-items/policy.ams fixed/policy.ams; do
  [ -s "run/$file" ] || fail "run/$file is missing: $(cat out.txt)"
done
[ "$(awk 'NR > 1 && $2 == 1' run/auto.tsv | wc -l)" = 1 ] || fail "not one is kept: $(cat run/auto.tsv)"
awk 'NR > 1 && $3 == 1 && (least == "" || $4 < least) { least = $4 } $2 == 1 { kept = $4 } END { exit kept != least }' run/auto.tsv ||
  fail "what is kept is not the best: $(cat run/auto.tsv)"

# On the test items it is the constant order's equal or nearly so, and the order as a file is the order.
row() { awk -v p="$1" '$1 == p { print $3, $4, $5, $6 }' table.txt; }
"$ams" eval --data five.h5 --policy kept=run --policy order=run/fixed --policy fixed:each --draws 2 --bootstrap 10 > table.txt
[ "$(row order)" = "$(row fixed:each)" ] || fail "the order as a file is another: $(cat table.txt)"
awk -v a="$(row kept)" -v b="$(row order)" 'BEGIN { split(a, x, " "); split(b, y, " "); exit !(x[4] < 1.05 * y[4]) }' ||
  fail "what is kept loses on the test items: $(cat table.txt)"
"$ams" schedule deadline --data five.h5 --policy order=run/fixed --deadline 15ms --scheduler algorithm1 --check > /dev/null 2>&1 ||
  fail "the order cannot be scheduled"

# Again: the same bytes. What the schemes choose is refused, and so are options that belong to one run.
cp run/policy.ams before.ams
"$ams" train --data five.h5 -o run --auto "${small[@]}" > /dev/null 2>&1
cmp before.ams run/policy.ams || fail "the same command made another policy"
expect 1 "reward=gain" "$ams" train --data five.h5 -o bad --auto reward=gain
expect 1 "--until" "$ams" train --data five.h5 -o bad --auto --until 5
[ ! -e bad ] || fail "a refused training left a folder"

# Without validation items nothing could be chosen, and nothing is trained first.
"$ams" data split five.h5 --split 0.5,0,0.5 -o none.h5 > /dev/null
expect 2 "expected validation items" "$ams" train --data none.h5 -o none --auto "${small[@]}"
[ ! -e none/goals/policy.ams ] || fail "a scheme was trained that nothing can choose"
