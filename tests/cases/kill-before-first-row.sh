#!/bin/bash
# kill -9 between the first checkpoint and the first row of metrics.tsv.
# expected: the run continues; so does a folder of that kind whose metrics.tsv is empty
. "$PROJECT/tests/cases/common"
small_data d.h5
"$AMS" train --data d.h5 -o r hidden=64 batch=16 warmup=200 replay=2000 log_every=50000 validate_every=50000 \
  checkpoint_every=10 steps=100000 > out.txt 2> err.txt &
process=$!
until [ -s r/checkpoints/previous ] || ! kill -0 $process 2> kill.txt; do sleep 0.01; done
kill -9 $process
wait $process 2> kill.txt
[ -s r/metrics.tsv ] || fail "metrics.tsv is empty though a checkpoint names its length"
cp -r r old && : > old/metrics.tsv
expect_code 0 "$AMS" train --resume r --until 5000
expect_text 'continued at update'
expect_code 0 "$AMS" train --resume old --until 5000
cmp -s r/metrics.tsv old/metrics.tsv || fail "other metrics"
got "continued"
