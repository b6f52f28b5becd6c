#!/bin/bash
# The bar of `ams train` right after a row of metrics.tsv, and of a training that is stopped.
# expected: the last known loss, never 0.0000; "done in" only where it is done
. "$PROJECT/tests/cases/common"
command -v script > /dev/null || skip "script makes a terminal"
small_data d.h5
TERM=xterm script -qc "$AMS train --data d.h5 -o r log_every=1 validate_every=1 warmup=100 steps=2000" typed.txt > out.txt 2>&1
grep -q 'loss' typed.txt || skip "too fast for a bar"
grep -q 'loss 0\.0000' typed.txt && fail "$(tr '\r' '\n' < typed.txt | grep 'loss 0\.0000' | head -n 1)"
"$AMS" train --data d.h5 -o s steps=400000000 > out.txt 2> err.txt &
process=$!
sleep 1
kill -STOP $process # a line comes every ten seconds: no need to train for so long
sleep 10.5
kill -CONT $process
sleep 0.5
kill -TERM $process
wait $process
expect_text 'loss'
grep -q 'done in' err.txt && fail "a stopped training is said to be done"
got "the last known loss, not done"
