#!/bin/bash
# experiments/gpu/run_all.sh with programs that were built elsewhere, on a machine that has nothing to build with: every
# program here only notes that it was called. What it measures comes before the sanitizer, which may take all the time, and
# cuBLAS may be in Python's folders alone.
# Then a test of the test: a script that builds, one that sanitizes first and one that does not look there must fail it.
#   test_run_all.sh SOURCE_DIR
set -uo pipefail
source_dir=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

program() { # path, its lines
  printf '#!/bin/sh\necho "%s $*" >> "%s/calls"\n%s\n' "${1##*/}" "$work" "$2" > "$work/$1"
  chmod +x "$work/$1"
}
mkdir -p "$work"/{fake,build/tests/cuda,tests/cli,data,experiments/gpu}
program fake/nvidia-smi 'echo "a GPU"'
program fake/cmake 'exit 1'
program fake/python3 'case "$*" in *libcublas*) echo /site-packages/nvidia/cu13/lib ;; *) exit 1 ;; esac'
program fake/compute-sanitizer 'exit 0'
# A train that leaves a clock, so that its rate is a number; what asks for more fails, as it would where memory is short.
# shellcheck disable=SC2016 # the program's
program build/ams 'case ":$LD_LIBRARY_PATH" in
  *:/site-packages/nvidia/cu13/lib) ;;
  *) echo "cannot find cuBLAS" >> "${0%/*}/../calls" ;;
esac
case "$*" in
  "doctor --json") echo "{\"cuda\": {}}" ;;
  doctor) echo "CUDA  a GPU" ;;
  *"--json"*) echo "\"updates_per_s\": 1234.5," ;;
  *) exit 4 ;;
esac'
program build/tests/cuda/test_cuda_device 'exit 0'
program build/tests/cuda/test_cuda_score 'exit 77'
program tests/cli/test_device.sh 'exit 0'
program tests/cli/test_eval_device.sh 'exit 0'
echo 0123456789ab > "$work/commit"

complaints() { # script: what is wrong with its run, if anything
  rm -f "$work/calls" "$work/gpu.tsv"
  cp "$1" "$work/experiments/gpu/run_all.sh"
  PATH=$work/fake:/usr/bin:/bin "$work/experiments/gpu/run_all.sh" -b "$work/build" -o "$work/gpu.tsv" > "$work/log" 2>&1
  [ $? = 4 ] || echo "expected exit code 4, since what was asked of ams failed"
  ! grep -q '^cmake' "$work/calls" || echo "cmake was called"
  ! grep -q '^cannot find' "$work/calls" || echo "of Python's folders nothing was known"
  for row in $'commit\t0123456789ab' $'test_cuda_device\tpassed' $'test_cuda_score\tskipped' \
    $'training, batch 64, cuda, with a validation\t1234' $'PyTorch, eager and compiled\tskipped' \
    $'compute-sanitizer memcheck, ams train\tpassed'; do
    grep -qF "$row" "$work/gpu.tsv" 2> /dev/null || echo "no row '$row'"
  done
  awk '/^compute-sanitizer/ { sanitized = 1 } sanitized && /^(ams|test_)/ { print "after the sanitizer: " $0 }' "$work/calls"
}

failed=0
found=$(complaints "$source_dir/experiments/gpu/run_all.sh")
[ -z "$found" ] || { echo "run_all.sh: $found"; cat "$work/log"; failed=1; }

# The script as it was: it configures and builds in any case.
sed "s/build=\$OPTARG built=1/build=\$OPTARG/" "$source_dir/experiments/gpu/run_all.sh" > "$work/builds.sh"
# The sanitizer's part in front of the training's.
awk '/^# -- compute-sanitizer/ { part = 1 } /^echo "\$out"/ { part = 0 } part { late = late $0 "\n"; next } { rest = rest $0 "\n" }
  END { at = index(rest, "# -- training --"); printf "%s%s%s", substr(rest, 1, at - 1), late, substr(rest, at) }' \
  "$source_dir/experiments/gpu/run_all.sh" > "$work/first.sh"
sed '/export LD_LIBRARY_PATH=.*cublas/d' "$source_dir/experiments/gpu/run_all.sh" > "$work/alone.sh"
chmod +x "$work"/{builds,first,alone}.sh
for mutant in builds first alone; do
  ! cmp -s "$work/$mutant.sh" "$source_dir/experiments/gpu/run_all.sh" || { echo "$mutant: nothing was changed"; failed=1; }
  [ -n "$(complaints "$work/$mutant.sh")" ] || { echo "$mutant: nothing fails"; failed=1; }
done
exit $failed
