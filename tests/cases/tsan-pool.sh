#!/bin/bash
# A pool of threads is destroyed while a worker wakes late for the job before.
# expected: no data race under the thread sanitizer
. "$PROJECT/tests/cases/common"
build=$(dirname "$AMS")
grep -q '^AMS_SANITIZE_THREADS:BOOL=ON' "$build/CMakeCache.txt" 2> /dev/null ||
  skip "\`./check threads\` builds with the thread sanitizer and runs tests/base/test_pool.c there"
held_by tests/base/test_pool "tests/base/test_pool.c under the thread sanitizer"
