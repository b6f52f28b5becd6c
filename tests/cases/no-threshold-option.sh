#!/bin/bash
# Top-1 of many classes, sigmoid heads and emotions lie below 0.5 most of the time: nothing they say would count.
# expected: a threshold per table or per model, honoured by info, training, scores, exports, merges and text
. "$PROJECT/tests/cases/common"
printf 'name\ttask\ttime_ms\na\tt\t10\nb\tt\t25\nc\tu\t5\n' > models.tsv
awk 'BEGIN { x = 7
  for (i = 0; i < 360; i++) { x = x * 16807 % 2147483647
    printf "{\"item\": \"i%d\", \"model\": \"%s\", \"labels\": [[\"l%d\", %.2f]]}\n", i / 3, substr("abc", i % 3 + 1, 1), x % 4, 0.01 + x % 90 / 100 } }' > rows.jsonl
valuable() { "$AMS" data info --json "$1" | sed -nE 's/.*"valuable_outputs": ([0-9]+).*/\1/p'; }
above() { sed -nE 's/.*, ([0-9.]+)\]\]\}/\1/p' rows.jsonl | awk -v t="$1" '$1 > t { n++ } END { print n + 0 }'; }
recall_1() { awk -F '\t' '$1 == "all" && $3 == "1.0" { print $5 }' "$1/summary.tsv"; }

expect_code 0 "$AMS" data import rows.jsonl --models models.tsv -o half.h5
expect_code 0 "$AMS" data import rows.jsonl --models models.tsv --threshold 0.255 -o low.h5
[ "$(valuable half.h5)" = "$(above 0.5)" ] || fail "0.5 counts $(valuable half.h5), by hand $(above 0.5)"
[ "$(valuable low.h5)" = "$(above 0.255)" ] || fail "0.255 counts $(valuable low.h5), by hand $(above 0.255)"
expect_code 0 "$AMS" data check low.h5
# The other ways to it give the same content.
awk 'BEGIN { OFS = "\t" } { print $0, NR == 1 ? "threshold" : 0.255 }' models.tsv > with.tsv
expect_code 0 "$AMS" data import rows.jsonl --models with.tsv -o column.h5
expect_code 0 "$AMS" data threshold half.h5 0.9 a=0.255 b=0.255,c=0.255 -o set.h5
expect_code 0 "$AMS" data export low.h5 -o again.jsonl
expect_code 0 "$AMS" data import again.jsonl --models again.models.tsv -o again.h5
hash=$("$AMS" data info low.h5 | grep ^hash)
"$AMS" data info again.h5 | grep -qx "$hash" || fail "export and import lose the threshold"
[ "$("$AMS" data info column.h5 | grep ^hash)" = "$("$AMS" data info set.h5 | grep ^hash)" ] || fail "a column and data threshold differ"
[ "$hash" = "$("$AMS" data info set.h5 | grep ^hash)" ] || fail "an option and data threshold differ"
[ "$hash" != "$("$AMS" data info half.h5 | grep ^hash)" ] || fail "the threshold is not part of the content"
expect_code 0 "$AMS" data threshold low.h5 0.5 -o back.h5
[ "$("$AMS" data info back.h5 | grep ^hash)" = "$("$AMS" data info half.h5 | grep ^hash)" ] || fail "0.5 is not the default"
# Where it counts.
expect_code 2 "$AMS" data merge half.h5 low.h5 -o merged.h5
expect_text "threshold 0.5 of model 'a' as in the first file, found 0.25"
expect_code 0 "$AMS" data select low.h5 --models a,b -o part.h5
[ "$("$AMS" data info --json part.h5 | grep -c '"threshold": 0.254')" = 2 ] || fail "select loses the threshold"
for f in half low; do
  expect_code 0 "$AMS" eval --data $f.h5 --policy fixed --policy all -o $f
done
cmp -s half/summary.tsv low/summary.tsv && fail "scores do not see the threshold"
# A policy keeps what it was trained with, in every format.
expect_code 0 "$AMS" data threshold low.h5 c=0.1 -o mixed.h5
expect_code 0 "$AMS" train --data mixed.h5 -o run steps=200 goal_input=off
expect_code 0 "$AMS" export run --format ams,header,safetensors -o exported
[ "$(head -c 8 run/policy.ams)" = AMSPOL03 ] || fail "a threshold per model is not version 3"
grep -aqF '"threshold":"[0.254999995,0.254999995,0.100000001]"' exported/policy.safetensors || fail "safetensors: $(grep -ao '"threshold[^]]*' exported/policy.safetensors)"
expect_code 0 "$AMS" eval --data half.h5 --policy run --policy fixed
for bad in 1 -0.1 x d=0.2; do
  expect_code 1 "$AMS" data threshold half.h5 $bad -o refused.h5
  expect_code 1 "$AMS" data import rows.jsonl --models models.tsv --threshold $bad -o refused.h5
done
got "$(above 0.255) of 360 outputs count above 0.255, $(above 0.5) above 0.5"
