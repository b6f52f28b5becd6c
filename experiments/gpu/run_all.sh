#!/bin/bash
# On a machine with a GPU: builds, runs what needs one (tests, compute-sanitizer, training at several batches on GPU
# and CPU) and leaves one table. Each part has its own time limit; all together they take less than nine minutes.
#   experiments/gpu/run_all.sh [-o OUT.tsv] [-d BUILD_DIR]
# Columns: what, value, unit, target. A value is a number, passed, failed, skipped (its tool is not there) or "not built".
# Exit code 0: nothing failed; 4: no GPU can be used, or something failed.
set -uo pipefail
root=$(dirname "$(dirname "$(dirname "$(readlink -f "$0")")")")
out=gpu.tsv build=$root/build/gpu
while getopts o:d: option; do
  case $option in
    o) out=$OPTARG ;;
    d) build=$OPTARG ;;
    *) exit 1 ;;
  esac
done
case $out in /*) ;; *) out=$PWD/$out ;; esac
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
cd "$root" || exit 3
failed=0

row() { # what, value, unit, target
  printf '%s\t%s\t%s\t%s\n' "$@" | tee -a "$out"
}

passes() { # what, seconds, command ...
  local what=$1 limit=$2
  shift 2
  timeout "$limit" "$@" > "$scratch/log" 2>&1
  local code=$?
  case $code in
    0) row "$what" passed - passed ;;
    77) row "$what" skipped - passed ;;
    *)
      row "$what" failed - passed
      tail -n 30 "$scratch/log" >&2
      failed=4
      ;;
  esac
}

nvidia-smi > "$scratch/smi" 2>&1 || { echo "$0: nvidia-smi finds no GPU: $(tail -n 1 "$scratch/smi")" >&2; exit 4; }
{ cmake -S . -B "$build" -G Ninja -DAMS_CUDA=ON && cmake --build "$build"; } > "$scratch/log" 2>&1 ||
  { tail -n 30 "$scratch/log" >&2; exit 4; }
ams=$build/ams
"$ams" doctor | grep -A 1 '^CUDA' >&2
"$ams" doctor --json | grep -q '"cuda": null' && { echo "$0: the GPU cannot be used" >&2; exit 4; }
printf 'what\tvalue\tunit\ttarget\n' > "$out"

# -- right --
passes "steps on the host" 60 "$build/tests/cuda/test_cuda_steps"
passes "seam on the host" 60 "$build/tests/cuda/test_cuda_seam"
passes "parity, determinism, restore on the GPU" 90 "$build/tests/cuda/test_cuda_device"
passes "--device from the command line" 60 tests/cli/test_device.sh "$ams" "$root"
if command -v compute-sanitizer > /dev/null; then
  small=(train --data data/photos-60.h5 --device cuda steps=3 warmup=40 batch=33 log_every=3 validate_every=3 agent=double
    gamma=0.9 priority_alpha=0.5 grad_clip=0.1 dropout=0.1)
  for tool in memcheck racecheck initcheck; do
    passes "compute-sanitizer $tool" 60 compute-sanitizer --tool "$tool" --error-exitcode 9 "$ams" "${small[@]}" \
      -o "$scratch/$tool"
  done
else
  row "compute-sanitizer" skipped - passed
fi

# -- fast --
rate() { # device, batch, steps: updates/s of a training with one validation, at its end
  rm -rf "$scratch/run"
  timeout 60 "$ams" train --data data/photos.h5 --device "$1" batch="$2" steps="$3" replay=100000 warmup=8192 gamma=0.9 \
    log_every="$3" validate_every="$3" checkpoint_every="$3" --json -o "$scratch/run" 2> "$scratch/log" |
    awk -F'[:,]' '/"updates_per_s"/ { printf "%.0f", $2 }'
}
measure() { # device, batch, steps, target
  local value
  value=$(rate "$1" "$2" "$3")
  if [ -z "$value" ]; then
    tail -n 5 "$scratch/log" >&2
    failed=4
  fi
  row "training, batch $2, $1, with a validation" "${value:-failed}" updates/s "$4"
}
measure cuda 64 200000 100000
measure cuda 256 100000 -
measure cuda 4096 10000 4883 # 20 million transitions
measure cpu 64 20000 -
measure cpu 4096 500 -
row "20 runs as one batch" "not built" updates/s 400000
row "394,170 items scored to recall 1.0 by ams eval on the GPU" "not built" s 0.5
row "precision=tf32, precision=bf16" "not built" - -
echo "$out" >&2
exit $failed
