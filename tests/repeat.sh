#!/bin/bash
# Runs tests again and again, each time with another seed for what they draw at random, and stops at the
# first failure, which says how to repeat it.
# Usage: tests/repeat.sh TESTS TIMES [BUILD_DIR]
# TESTS: `resume` (kill -9, damaged checkpoints, a full disk), `threads` (the same bits for any number), or
# a regular expression for ctest -R. BUILD_DIR: default build/test-release. AMS_TEST_SEED: the first seed.
set -euo pipefail
cd "$(dirname "$(readlink -f "$0")")/.."
if [ $# -lt 2 ]; then
  echo "usage: tests/repeat.sh TESTS TIMES [BUILD_DIR]" >&2
  exit 1
fi
case $1 in
  resume) tests='^(rl_run|cli_resume)$' ;;
  threads) tests='^(rl_train|rl_fused|cli_train_eval)$' ;;
  *) tests=$1 ;;
esac
times=$2
build=${3:-build/test-release}
first=${AMS_TEST_SEED:-$(date +%s)}
log=$(mktemp)
trap 'rm -f "$log"' EXIT

for ((i = 0; i < times; i++)); do
  export AMS_TEST_SEED=$((first + i))
  if ! ctest -j2 --test-dir "$build" -R "$tests" --no-tests=error --output-on-failure > "$log" 2>&1; then
    cat "$log"
    echo "failed in repetition $((i + 1)) of $times; once more: AMS_TEST_SEED=$AMS_TEST_SEED $0 '$1' 1 $build" >&2
    exit 1
  fi
done
grep -E '^ *[0-9]+/[0-9]+ Test' "$log" # of the last repetition: which tests those were
echo "$times of $times repetitions passed, AMS_TEST_SEED $first to $((first + times - 1))"
