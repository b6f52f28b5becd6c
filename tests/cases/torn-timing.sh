#!/bin/bash
# The last row of timing.tsv is torn, as a full disk or a power cut leaves it.
# expected: it costs that row: the run resumes, and `ams compare` takes it before and after
. "$PROJECT/tests/cases/common"
small_data d.h5
settings=(refine_items=1 hidden=64 batch=16 warmup=200 replay=2000 log_every=20 validate_every=100 checkpoint_every=10 steps=300)
expect_code 0 "$AMS" train --data d.h5 -o exp/runs/dqn-0 "${settings[@]}" --until 150
truncate -s -7 exp/runs/dqn-0/timing.tsv
expect_code 0 "$AMS" train --resume exp/runs/dqn-0
awk -F'\t' 'NF != 3 { exit 1 }' exp/runs/dqn-0/timing.tsv || fail "a row of timing.tsv has not three cells"
expect_code 0 "$AMS" compare exp --data d.h5 --bootstrap 20 --draws 2
truncate -s -7 exp/runs/dqn-0/timing.tsv
truncate -s -3 exp/runs/dqn-0/metrics.tsv
expect_code 0 "$AMS" compare exp --data d.h5 --bootstrap 20 --draws 2
printf '150\t0.320\t0.1\t400\n' >> exp/runs/dqn-0/timing.tsv # torn and continued by an older program
expect_code 0 "$AMS" compare exp --data d.h5 --bootstrap 20 --draws 2
printf 'upd' > exp/runs/dqn-0/timing.tsv
expect_code 0 "$AMS" compare exp --data d.h5 --bootstrap 20 --draws 2
got "resumed and compared"
