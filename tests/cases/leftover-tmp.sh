#!/bin/bash
# NAME.PID.tmp of a process that was killed while it wrote; one of a process that lives.
# expected: the next writer of the name removes the first, and leaves the second
. "$PROJECT/tests/cases/common"
small_data d.h5
sleep 0 &
dead=$!
wait "$dead"
touch "e.h5.$dead.tmp" "e.h5.$$.tmp" "e.h5.x.tmp" "other.h5.$dead.tmp"
expect_code 0 "$AMS" data split d.h5 -o e.h5
[ ! -e "e.h5.$dead.tmp" ] || fail "left: e.h5.$dead.tmp"
for kept in "e.h5.$$.tmp" e.h5.x.tmp "other.h5.$dead.tmp"; do
  [ -e "$kept" ] || fail "removed $kept"
done
expect_code 0 "$AMS" train --data d.h5 -o run steps=50
mkdir results && touch "results/summary.tsv.$dead.tmp"
expect_code 0 "$AMS" eval --data d.h5 --policy run --bootstrap 10 -o results
[ ! -e "results/summary.tsv.$dead.tmp" ] || fail "left: results/summary.tsv.$dead.tmp"
got "removed, the others kept"
