#!/bin/bash
# A policy whose weights are finite and whose Q-values are not. No training that is kept has such weights, so a unit test makes them.
# expected: every format is refused with exit code 6, and no file is made
. "$PROJECT/tests/cases/common"
expect_code 0 "$AMS" help
expect_text 'Q-values are not finite' out.txt
held_by tests/rl/test_rl_export "tests/rl/export/test_export.c: not_finite, in every format"
