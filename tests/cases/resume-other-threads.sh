#!/bin/bash
# kill -9 of a run on one thread, then `ams train --resume RUN threads=2`.
# expected: --resume takes threads, and the bits are those of a run on one thread
. "$PROJECT/tests/cases/common"
small_data d.h5
settings=(refine_items=1 hidden=64 batch=16 warmup=200 replay=2000 log_every=20 validate_every=100 checkpoint_every=50 steps=300)
expect_code 0 "$AMS" train --data d.h5 -o whole "${settings[@]}" threads=1
expect_code 0 "$AMS" train --data d.h5 -o r "${settings[@]}" threads=1 --until 150
expect_code 1 "$AMS" train --resume r batch=17
expect_text 'holds another run'
expect_code 0 "$AMS" train --resume r threads=2
expect_text 'continued at update 150'
cmp -s r/policy.ams whole/policy.ams || fail "other bits"
grep -q '"threads": 2' r/manifest.json || fail "manifest.json names other threads"
got "continued on two threads, the same bits"
