#!/bin/bash
# A file that claims 2^40 outputs.
# expected: exit code 2 in every command, whatever --memory says
. "$PROJECT/tests/cases/common"
f=$CASE/claim.h5
for command in "data check $f" "data info $f" "data split $f -o x.h5" "data export $f -o x.jsonl" "eval --data $f --policy fixed" \
  "eval --data $f --policy knn --memory 1" "train --data $f -o run steps=50" "schedule deadline --data $f --policy fixed --deadline 10ms" \
  "trace --data $f --policy fixed --item i0" "data select $f --models a -o x.h5 --memory 1" "bench --what load --data $f"; do
  # shellcheck disable=SC2086 # words
  expect_code 2 "$AMS" $command
  expect_text 'outputs/label'
done
got "exit code 2"
