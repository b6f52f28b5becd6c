#!/bin/bash
# On a machine with a GPU: builds, runs the tests that need one, measures training, scoring and the same in PyTorch, runs
# compute-sanitizer, and leaves one table. Each part has its own time limit, and all together have 530 seconds.
#   experiments/gpu/run_all.sh [-o OUT.tsv] [-d BUILD_DIR | -b BUILD_DIR] [-p PYTHON]
# -b: takes the programs that are in BUILD_DIR as they are; experiments/gpu/pack.sh makes a package of them.
# PYTHON: one with h5py and a torch built for CUDA (default python3); without it PyTorch's rows are skipped.
# Columns: what, value, unit, target. A value is a number or word, passed, failed, skipped (its tool is not there), "not
# built" (this program cannot do it) or "no time left".
# Exit code 0: nothing failed; 4: no GPU can be used, or something failed.
set -uo pipefail
root=$(dirname "$(dirname "$(dirname "$(readlink -f "$0")")")")
out=gpu.tsv build=$root/build/gpu python=python3 built=
while getopts o:b:d:p: option; do
  case $option in
    o) out=$OPTARG ;;
    b) build=$OPTARG built=1 ;;
    d) build=$OPTARG ;;
    p) python=$OPTARG ;;
    *) exit 1 ;;
  esac
done
case $out in /*) ;; *) out=$PWD/$out ;; esac
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
cd "$root" || exit 3
failed=0
ends=$((SECONDS + 530))

row() { # what, value, unit, target
  printf '%s\t%s\t%s\t%s\n' "$@" | tee -a "$out"
}

limited() { # seconds, command ...: as timeout, within what is left for all
  local limit=$1 left=$((ends - SECONDS))
  shift
  [ $left -gt 0 ] || return 125
  timeout $((limit < left ? limit : left)) "$@"
}

why() { # after a failure
  tail -n 30 "$scratch/log" >&2
  failed=4
}

passes() { # what, seconds, command ...
  local what=$1 limit=$2
  shift 2
  limited "$limit" "$@" > "$scratch/log" 2>&1
  local code=$?
  case $code in
    0) row "$what" passed - passed ;;
    77) row "$what" skipped - passed ;;
    125) row "$what" "no time left" - passed; failed=4 ;;
    *) row "$what" failed - passed; why ;;
  esac
}

figure() { # what, value ('' after a failure), unit, target
  if [ -n "$2" ]; then
    row "$@"
  else
    row "$1" "$([ $SECONDS -lt $ends ] && echo failed || echo "no time left")" "$3" "$4"
    why
  fi
}

smi() { nvidia-smi --query-gpu="$1" --format=csv,noheader 2> /dev/null | head -n 1; }
if ! nvidia-smi > "$scratch/smi" 2>&1; then
  echo "$0: nvidia-smi finds no GPU: $(tail -n 1 "$scratch/smi")" >&2
  [ ! -x "$build/ams" ] || "$build/ams" doctor | grep -A 1 '^CUDA' >&2 # what the program says of it
  exit 4
fi
architecture=$(smi compute_cap | tr -d .)
cores=$(nproc)
if [ -z "$built" ]; then
  { cmake -S . -B "$build" -G Ninja -DAMS_CUDA=ON ${architecture:+-DAMS_CUDA_ARCHITECTURES=$architecture} &&
    limited 240 cmake --build "$build"; } > "$scratch/log" 2>&1 || { why; exit 4; }
fi
ams=$build/ams
[ -x "$ams" ] || { echo "$0: expected a program $ams" >&2; exit 4; }
# cuBLAS may be in no folder but that of the Python packages which bring it along.
cublas=$("$python" -c 'import glob, sys
for folder in sys.path:
    for found in glob.glob(folder + "/nvidia/*/lib/libcublas.so.*")[:1]: print(found.rsplit("/", 1)[0])' 2> /dev/null | head -n 1)
[ -z "$cublas" ] || export LD_LIBRARY_PATH="${LD_LIBRARY_PATH:+$LD_LIBRARY_PATH:}$cublas"
"$ams" doctor | grep -A 1 '^CUDA' >&2
"$ams" doctor --json | grep -q '"cuda": null' && { echo "$0: the GPU cannot be used" >&2; exit 4; }
printf 'what\tvalue\tunit\ttarget\n' > "$out"
if [ -f commit ]; then # of a package
  row commit "$(cat commit)" - -
else
  row commit "$(git rev-parse --short=12 HEAD 2> /dev/null || echo unknown)$(git diff --quiet HEAD 2> /dev/null || echo +)" - -
fi
row GPU "$(smi name)" - -
row driver "$(smi driver_version)" - -
row "CPU cores" "$cores" - -

# -- right --
for test in "$build"/tests/cuda/test_cuda_*; do
  [ -x "$test" ] && [ ! -d "$test" ] && passes "$(basename "$test")" 90 "$test"
done
passes "--device of ams train and ams sweep" 60 tests/cli/test_device.sh "$ams" "$root"
passes "--device of ams eval and ams compare" 60 tests/cli/test_eval_device.sh "$ams" "$root"
papers=(features=labels reward=paper loss=huber decide=q-greedy gamma=0.9 end=on envs=8 dropout=0 weight_decay=0 lr_schedule=constant)
small=(train --data data/photos-60.h5 --device cuda "${papers[@]}" steps=3 warmup=40 batch=33 log_every=3 validate_every=3
  agent=double priority_alpha=0.5 grad_clip=0.1 dropout=0.1)
# -- training --
training=(--data data/photos.h5 "${papers[@]}" replay=100000 warmup=8192)
once() { # steps: its log, validation and checkpoint come at the end
  echo "steps=$1 log_every=$1 validate_every=$1 checkpoint_every=$1"
}
rate() { # device, batch, steps: updates/s of a training with one validation, at its end
  rm -rf "$scratch/run"
  # shellcheck disable=SC2046 # words
  limited 60 "$ams" train "${training[@]}" --device "$1" batch="$2" $(once "$3") --json -o "$scratch/run" 2> "$scratch/log" |
    awk -F'[:,]' '/"updates_per_s"/ { printf "%.0f", $2 }'
}
train() { # device, batch, steps, target
  figure "training, batch $2, $1, with a validation" "$(rate "$1" "$2" "$3")" updates/s "$4"
}
train cuda 64 200000 59000
train cuda 256 100000 46000
train cuda 4096 10000 5100
train cpu 64 20000 -
train cpu 4096 500 -

together() { # steps: updates/s of all 20 runs, from their own clocks
  # shellcheck disable=SC2046 # words
  limited 60 "$ams" sweep "${training[@]}" --device cuda --seeds 1-20 $(once "$1") -o "$scratch/exp" > "$scratch/log" 2>&1 &&
    tail -qn 1 "$scratch"/exp/runs/*/timing.tsv |
    awk -v steps="$1" '{ updates += steps; if ($2 > most) most = $2 } END { if (NR == 20 && most > 0) printf "%.0f", updates / most }'
}
figure "20 runs as one batch of 64 each, cuda, with a validation" "$(together 50000)" updates/s 290000

# What each launch takes, beside the table: cuda/sizes.h is filled from it.
kernels=${out%.tsv}-kernels.tsv
passes "ams bench --what kernels: $(basename "$kernels")" 60 "$ams" bench --what kernels --data data/photos.h5 --batches 64,256,4096 --tsv "$kernels"

if "$ams" bench --help | grep -q precision; then
  limited 90 "$ams" bench --what precision --data data/photos.h5 --runs 2 --batches 4096 --tsv "$scratch/precision.tsv" \
    > "$scratch/log" 2>&1 || why
  for precision in fp32 tf32 bf16; do
    for column in updates_per_s time_ms difference_ms; do
      value=$(awk -F'\t' -v p=$precision -v c=$column 'NR == 1 { for (i = 1; i <= NF; i++) at[$i] = i }
        NR > 1 && $1 == p { print $(at[c]) }' "$scratch/precision.tsv" 2> /dev/null)
      row "precision=$precision, batch 4096: $column" "${value:-failed}" - -
    done
  done
else
  row "precision=tf32, precision=bf16" "not built" - -
fi

# -- scoring --
seconds() { # command ...: how long it took
  local begin=$EPOCHREALTIME
  limited 60 "$@" > "$scratch/log" 2>&1 && awk -v a="$begin" -v b="$EPOCHREALTIME" 'BEGIN { printf "%.2f", b - a }'
}
items="394,170 items"
if limited 60 "$ams" data synth --preset coco --items 394170 --seed 1 --split 0,0,1 -o "$scratch/paper.h5" > "$scratch/log" 2>&1 &&
  limited 20 "$ams" data synth --preset coco --items 3000 --seed 1 -o "$scratch/small.h5" > "$scratch/log" 2>&1 &&
  limited 60 "$ams" train --data "$scratch/small.h5" steps=2000 -o "$scratch/agent" > "$scratch/log" 2>&1; then
  limited 60 "$ams" bench --device cuda --what decide --data "$scratch/paper.h5" --runs 3 --tsv "$scratch/decide.tsv" \
    > "$scratch/log" 2>&1
  figure "$items rolled out by all 30 models on the GPU, copies included" "$(awk -F'\t' '
    $1 == "decide" { printf "%.3f", 394170 * 30 / $5 }' "$scratch/decide.tsv" 2> /dev/null)" s 0.5
  for device in cuda cpu; do
    figure "ams eval of $items, an agent, all, random: the whole command, $device" \
      "$(seconds "$ams" eval --data "$scratch/paper.h5" --policy "$scratch/agent" --draws 1 --device $device -o "$scratch/$device")" s -
  done
  # shellcheck disable=SC2016 # awk's
  passes "ams eval on the GPU finds the CPU's numbers within 0.1 %" 10 awk -F'\t' '
    function far(a, b) { return a - b > 0.001 * (b < 0 ? -b : b) + 1e-6 || b - a > 0.001 * (b < 0 ? -b : b) + 1e-6 }
    NR == FNR { line[FNR] = $0; next }
    { n = split(line[FNR], cell); for (i = 1; i <= NF; i++) if ($i != cell[i] && ($i + 0 == 0 || far($i, cell[i]))) { print FNR, $i, cell[i]; bad = 1 } }
    END { exit bad || FNR < 2 }' "$scratch/cpu/summary.tsv" "$scratch/cuda/summary.tsv"
else
  row "$items scored" failed s 0.5
  why
fi

# -- PyTorch on the same GPU --
if "$python" -c 'import h5py, torch, sys; sys.exit(not torch.cuda.is_available())' > /dev/null 2>&1; then
  "$ams" bench --table "$scratch/bench.h5"
  limited 60 "$ams" bench --data "$scratch/bench.h5" --device cuda --what whole --batches 64,4096 --runs 3 \
    --tsv "$scratch/ams.tsv" > "$scratch/log" 2>&1 || why
  for kind in eager compiled; do
    # shellcheck disable=SC2046 # words
    limited 90 "$python" experiments/bench/peer_torch.py "$scratch/bench.h5" --device cuda --batches 64,4096 --runs 3 \
      --seconds 0.5 $([ $kind = eager ] || echo --compile) > "$scratch/$kind.tsv" 2> "$scratch/log"
    for batch in 64 4096; do
      peer=$(awk -F'\t' -v b=$batch '$1 == "whole" && $2 == b { print $4 }' "$scratch/$kind.tsv")
      figure "PyTorch, $kind: training, batch $batch, cuda" "$peer" updates/s -
      figure "ams / PyTorch, $kind: training, batch $batch, cuda" "$(awk -F'\t' -v b=$batch -v peer="${peer:-0}" '
        $1 == "whole" && $3 == b && peer > 0 { printf "%.1f", $5 / peer }' "$scratch/ams.tsv" 2> /dev/null)" times \
        -
    done
  done
else
  row "PyTorch, eager and compiled" skipped updates/s -
fi
# -- compute-sanitizer: last, since it may take all the time that is left --
for tool in memcheck racecheck initcheck; do
  if command -v compute-sanitizer > /dev/null; then
    check=(compute-sanitizer --tool "$tool" --error-exitcode 9 "$ams")
    passes "compute-sanitizer $tool, ams train" 40 "${check[@]}" "${small[@]}" -o "$scratch/$tool"
    passes "compute-sanitizer $tool, ams train with the default keys" 40 "${check[@]}" train --data data/photos-60.h5 \
      --device cuda steps=3 warmup=40 log_every=3 validate_every=3 -o "$scratch/$tool-default"
    passes "compute-sanitizer $tool, ams eval" 40 "${check[@]}" eval --data data/photos-60.h5 --policy "$scratch/$tool" \
      --draws 1 --bootstrap 10 --device cuda
  else
    row "compute-sanitizer $tool" skipped - passed
  fi
done

echo "$out" >&2
exit $failed
