#!/bin/bash
# A test of the test: with one barrier taken out, the settings must fail; with none, pass.
#   mutants.sh SIM_SETTINGS SIM_SCORE
set -uo pipefail
settings=$1 score=$2
failed=0
# A failed check leaves by longjmp, which the address sanitizer then reports, and its symbolizer may wait for itself.
export ASAN_OPTIONS=detect_leaks=0:symbolize=0:handle_abort=0:handle_segv=0

run() { # function without its first barrier, or '', command ...
  SIM_SKIP=$1 timeout 60 "${@:2}" > log-$$ 2>&1
  local code=$?
  rm -f log-$$
  return $code
}
red() { # function, command ...
  if run "$@"; then
    echo "${0##*/}: nothing fails without the first barrier of $1" >&2
    failed=1
  fi
}

green() { # command ...
  run '' "$@" || { echo "${0##*/}: ${1##*/} fails as it is" >&2; failed=1; }
}

green "$settings" 0 1 1
green "$score"
red ams_block_q "$settings" 0 1 1
red ams_warp_gradient "$settings" 0 1 1
red ams_block_learn "$settings" 0 1 1
red ams_block_target "$settings" 0 1 1
red ams_roll_run "$score"
exit $failed
