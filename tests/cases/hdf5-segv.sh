#!/bin/bash
# A file of HDF5's oldest format, whose metadata have no checksums: the address of a data set is 0.
# expected: exit code 2, damaged; no signal
. "$PROJECT/tests/cases/common"
command -v xz > /dev/null || skip "no xz"
xz -dc "$CASE/bad-8-444.h5.xz" > bad.h5
for command in "data check" "data info" "eval --policy fixed --data" "data split -o out.h5" "data export -o out.jsonl"; do
  # shellcheck disable=SC2086 # words
  expect_code 2 "$AMS" $command bad.h5
  expect_text 'damaged'
done
got "exit code 2"
