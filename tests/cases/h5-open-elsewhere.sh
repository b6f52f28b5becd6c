#!/bin/bash
# A file that another program has open for writing (or was killed over), and a data set compressed by a filter of h5py's.
# expected: exit codes 3 and 2 with the true reason; neither is called damaged
. "$PROJECT/tests/cases/common"
for command in "data info" "data check" "eval --policy fixed --data"; do
  # shellcheck disable=SC2086 # words
  expect_code 3 "$AMS" $command "$CASE/open.h5"
  expect_text 'another program has it open for writing'
  ! grep -q damaged err.txt || fail "called damaged: $(cat err.txt)"
  # shellcheck disable=SC2086
  expect_code 2 "$AMS" $command "$CASE/lzf.h5"
  expect_text 'outputs/conf is compressed by a filter that this program lacks.*lzf.*gzip'
  ! grep -q damaged err.txt || fail "called damaged: $(cat err.txt)"
done
got "the true reasons"
