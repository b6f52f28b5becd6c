#!/bin/bash
# Models that cost a fraction of a cent, or microseconds; and 1e30 at the other end.
# expected: four significant digits, in columns
. "$PROJECT/tests/cases/common"
small_data d.h5
for scale in e-5 e29; do
  printf 'name\ttask\ttime_ms\na\tt\t3%s\nb\tt\t120%s\nc\tu\t7%s\n' $scale $scale $scale > kept.tsv
  expect_code 0 "$AMS" data import rows.jsonl --models kept.tsv -o d.h5
  expect_code 0 "$AMS" data info d.h5
  awk '$1 == "a" && $3 + 0 == 0 { exit 1 }' out.txt || fail "data info prints $(grep '^  a' out.txt)"
  expect_code 0 "$AMS" eval --data d.h5 --policy fixed
  awk '$1 == "all" && ($6 + 0 == 0 || length($6) > 9) { exit 1 }' out.txt || fail "eval prints $(grep '^all' out.txt)"
done
got "$(awk '$1 == "all" { print $6 }' out.txt)"
