#!/bin/bash
# A test of the test: with one thing taken out that has to be there, something must fail; with all there, nothing may.
# Some barriers; kernels loaded before a graph is recorded; a limit of shared memory that is only raised, and graphs of
# bounded size (SIM_MISTAKES has neither); kernels whose names nothing else has.
#   mutants.sh SIM_SETTINGS SIM_SCORE SIM_MISTAKES SOURCE_DIR COMPILER ARGUMENT...     how unit_kernels.cc is compiled
set -uo pipefail
settings=$1 score=$2 mistakes=$3 source_dir=$4
shift 4
failed=0
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
# A failed check leaves by longjmp, which the address sanitizer then reports, and its symbolizer may wait for itself.
export ASAN_OPTIONS=detect_leaks=0:symbolize=0:handle_abort=0:handle_segv=0

# A limit of its own processor time, since others may have the machine; reaching it is no way to fail.
run() { # an environment variable, command ...
  (ulimit -t 300 && exec env "$1" "${@:2}") > "$scratch/log" 2>&1
  local code=$?
  if [ $code = 137 ] || [ $code = 152 ]; then
    echo "${0##*/}: $* takes more than 300 s" >&2
    exit 1
  fi
  return $code
}
red() { # environment variable, command ...
  if run "$@"; then
    echo "${0##*/}: nothing fails with $1" >&2
    failed=1
  fi
}

green() { # command ...
  run SIM_SKIP= "$@" || { echo "${0##*/}: $* fails as it is: $(tail -n 5 "$scratch/log")" >&2; failed=1; }
}

wide=17 # a setting of the wide path
green "$settings" 0 1 1
green "$settings" $wide $((wide + 1)) 1
green "$score"
red SIM_SKIP=ams_block_q "$settings" 0 1 1
red SIM_SKIP=ams_block_features "$settings" 0 1 1
red SIM_SKIP=ams_warp_gradient "$settings" 0 1 1
red SIM_SKIP=ams_block_sample "$settings" 0 1 1
red SIM_SKIP=take_view "$settings" 0 1 1
red SIM_SKIP=ams_roll_run "$score"

# Asking for a kernel's attributes does not load it: what ams_kernels_prepare and ams_wide_prepare do is undone.
red SIM_LAZY=1 "$settings" 0 1 1
red SIM_LAZY=1 "$settings" $wide $((wide + 1)) 1

# Each of the mistakes is seen by the test that is for it, and for its reason.
seen() { # test, what it says
  green "$settings" "$1"
  red SIM_SKIP= "$mistakes" "$1"
  grep -q "$2" "$scratch/log" || { echo "${0##*/}: $1 fails otherwise: $(tail -n 5 "$scratch/log")" >&2; failed=1; }
}
seen two_wide_runs 'launching a kernel failed'
seen many_wide_runs 'making a graph failed'

# Launches overlap, but for kernels that are compiled for older devices and do not wait.
export SIM_VERBOSE=1
green "$settings" 0 1 1
grep -q ' [1-9][0-9]* of them overlap' "$scratch/log" || { echo "${0##*/}: no launch overlaps" >&2; failed=1; }
run SIM_PTX=80 "$settings" 0 1 1
grep -q ' 0 of them overlap' "$scratch/log" || { echo "${0##*/}: launches overlap with SIM_PTX=80" >&2; failed=1; }
unset SIM_VERBOSE

# A kernel with the name of a function of unistd.h, which other headers may bring along.
mkdir -p "$scratch/cuda"
green "$@" -fsyntax-only "$source_dir/tests/cuda/sim/unit_kernels.cc"
cp "$source_dir"/tests/cuda/sim/{device.h,unit_kernels.cc} "$scratch/"
sed 's/AMS_KERNEL(clip, /static __global__ void close(const ams_view *__restrict__ views, uint32_t work) {}\n&/
  s/AMS_CODE(k_clip)/AMS_CODE(close)/' "$source_dir/cuda/kernels.cu" > "$scratch/cuda/kernels.cu"
red SIM_SKIP= "$@" -fsyntax-only -I "$scratch" "$scratch/unit_kernels.cc"
grep -q close "$scratch/log" || { echo "${0##*/}: a kernel 'close' fails otherwise: $(cat "$scratch/log")" >&2; failed=1; }
exit $failed
