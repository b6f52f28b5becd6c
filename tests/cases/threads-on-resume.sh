#!/bin/bash
# A stopped run continues on a machine with other cores: the same command with threads=2.
# expected: it continues to the same bits, and a finished run is "already finished" for any number of threads
. "$PROJECT/tests/cases/common"
small_data d.h5
settings=(refine_items=1 hidden=64 batch=16 warmup=200 replay=2000 log_every=20 validate_every=100 steps=300)
expect_code 0 "$AMS" train --data d.h5 -o whole "${settings[@]}"
expect_code 0 "$AMS" train --data d.h5 -o r "${settings[@]}" --until 150
expect_code 0 "$AMS" train --data d.h5 -o r "${settings[@]}" threads=2
expect_text 'continued at update 150'
grep -q '^threads = 2$' r/config.ini || fail "config.ini does not say on how many threads"
cmp -s r/policy.ams whole/policy.ams || fail "other bits"
expect_code 0 "$AMS" train --data d.h5 -o r "${settings[@]}"
expect_text 'already finished' out.txt
expect_code 1 "$AMS" train --data d.h5 -o r "${settings[@]}" batch=17
got "continued on two threads, the same bits"
