#!/bin/bash
# Outputs that cannot be written.
# expected: exit code 3 before the work; what was computed is printed though its file cannot be written
. "$PROJECT/tests/cases/common"
small_data d.h5
touch file
early() { # COMMAND...: no table, for nothing was computed
  expect_code 3 "$AMS" "$@"
  [ ! -s out.txt ] || fail "worked before it said that: $*"
}
early eval --data d.h5 --policy fixed -o file/x
early eval --data d.h5 --policy fixed -o file
early schedule deadline --data d.h5 --policy fixed --deadline 10ms -o file/x
early trace --data d.h5 --policy fixed --item i1 -o file
early bench --what online --tsv file/x
early bench --what online --json nowhere/x
early data export d.h5 -o nowhere/rows.jsonl
early data import rows.jsonl --models models.tsv -o nowhere/d.h5
early data synth --preset plain -o file/x.h5
early data synth --preset plain --report --report-to nowhere/x.tsv
early tune --data d.h5 --space models.tsv -o file/x
early sweep --data d.h5 -o file
early train --data d.h5 -o file/run
early run --record nowhere/rows.jsonl --models none.ini x

# The folder can be made, but one of its files cannot: the table is there all the same.
mkdir -p results/summary.tsv schedules/schedule.tsv
expect_code 3 "$AMS" eval --data d.h5 --policy fixed -o results
grep -q '^fixed' out.txt || fail "eval printed no table"
expect_code 3 "$AMS" schedule deadline --data d.h5 --policy fixed --deadline 20ms -o schedules
grep -q 'fixed' out.txt || fail "schedule printed no table"
got "exit code 3 before the work, tables printed"
