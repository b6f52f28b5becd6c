#!/bin/bash
# `last` is damaged by one bit, then the disk is full at the next checkpoint.
# expected: the run continues from `previous` after both, to the bits of a run that nothing disturbed
. "$PROJECT/tests/cases/common"
command -v python3 > /dev/null || skip "python3 makes the damage"
small_data d.h5
settings=(refine_items=1 hidden=64 batch=16 warmup=200 replay=2000 log_every=20 validate_every=100 checkpoint_every=10 steps=300)
expect_code 0 "$AMS" train --data d.h5 -o whole "${settings[@]}"
expect_code 0 "$AMS" train --data d.h5 -o r "${settings[@]}" --until 150
python3 -c "b=bytearray(open('r/checkpoints/last','rb').read()); b[len(b)//2]^=1; open('r/checkpoints/last','wb').write(b)"
cp r/checkpoints/previous good
(trap '' XFSZ && ulimit -f 20 && expect_code 3 "$AMS" train --resume r) || exit 1
expect_text 'the last checkpoint is kept'
cmp -s r/checkpoints/previous good || fail "the good checkpoint is not there any more"
expect_code 0 "$AMS" train --resume r
expect_text 'continued at update 140'
cmp -s r/policy.ams whole/policy.ams || fail "other bits"
cmp -s r/metrics.tsv whole/metrics.tsv || fail "other metrics"
got "continued at update 140, the same bits"
