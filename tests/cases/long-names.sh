#!/bin/bash
# Models with names of 55 and 100 characters, which differ in their middle or their end.
# expected: figures shorten them in the middle, TSV files have them in full, columns of tables stay columns
. "$PROJECT/tests/cases/common"
command -v gnuplot > /dev/null || skip "no gnuplot"
m=$(printf 'm%.0s' $(seq 99))
names=(facebook/detr-resnet-101-dc5-finetuned-panoptic-2023-v1 hustvl/yolos-tiny "${m}1" "${m}2" "1$m" "2$m")
printf 'name\ttask\ttime_ms\n' > models.tsv
for k in "${!names[@]}"; do printf '%s\tt%d\t%d\n' "${names[k]}" "$k" $((k + 1)); done >> models.tsv
for i in $(seq 30); do
  for k in "${!names[@]}"; do
    printf '{"item": "%d", "model": "%s", "labels": %s}\n' "$i" "${names[k]}" "$([ $(((i + k) % 3)) = 0 ] && echo '[]' || echo '[["x", 0.9]]')"
  done
done > rows.jsonl
expect_code 0 "$AMS" data import rows.jsonl --models models.tsv -o d.h5
expect_code 0 "$AMS" train --data d.h5 -o r steps=100
expect_code 0 "$AMS" eval --data d.h5 --policy r -o e
expect_code 0 "$AMS" plot e --what order
grep -qF 'facebook/detr-re…anoptic-2023-v1' e/plots/order.svg || fail "no shortened name in order.svg"
grep -qF "${names[0]}" e/plots/order.tsv || fail "no full name in order.tsv"
expect_code 0 "$AMS" trace --data d.h5 --policy r --item 1
[ "$(awk '/start ms/ { print index($0, "mem MB") }' out.txt)" -lt 80 ] || fail "the columns burst"
expect_code 0 "$AMS" data info d.h5
expect_text '^  facebook/.*…' out.txt
got "shortened to 32 and 48 characters"
