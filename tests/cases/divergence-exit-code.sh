#!/bin/bash
# A training that diverges, alone and among others. lr is limited, so no command line shows it surely: a unit test does.
# expected: exit code 6, which the help lists; the last good checkpoint stays
. "$PROJECT/tests/cases/common"
expect_code 0 "$AMS" help
expect_text '6 a' out.txt
expect_text 'training diverged' out.txt
held_by tests/cuda/test_cuda_together "tests/cuda/test_together.c: the run LOST ends with AMS_DIVERGED, which is 6"
