#!/bin/bash
# What the settings that a GPU wants, more environments and larger batches, do to quality: trainings on the CPU, each
# validated at its end. All else as `ams train` had it by default in version 0.2.0; data/photos.h5; about two minutes per seed on an idle core.
#   experiments/gpu/settings.sh AMS OUT_FOLDER [SEED]...     seeds 1 2 3 by default
# Prints a TSV: setting, seed, keys, validation_area, validation_time_ms. Trainings that are in OUT_FOLDER are not repeated.
set -euo pipefail
root=$(dirname "$(dirname "$(dirname "$(readlink -f "$0")")")")
ams=${1:?usage: settings.sh AMS OUT_FOLDER [SEED]...} out=${2:?}
shift 2
seeds=("$@")
[ $# -gt 0 ] || seeds=(1 2 3)
mkdir -p "$out"
before=("goals=0.8,0.9,1" goal_input=off envs=8 dropout=0 weight_decay=0 lr_schedule=constant)
once=(validate_every=1000000 log_every=1000000 checkpoint_every=1000000)

run() { # setting, keys ...
  for seed in "${seeds[@]}"; do
    [ -e "$out/$1-$seed/policy.ams" ] ||
      "$ams" train --data "$root/data/photos.h5" threads=1 seed="$seed" "${before[@]}" "${@:2}" "${once[@]}" -o "$out/$1-$seed" > "$out/$1-$seed.log" 2>&1
    printf '%s\t%s\t%s\t%s\n' "$1" "$seed" "${*:2}" "$(tail -n 1 "$out/$1-$seed/metrics.tsv" | cut -f 6,7)"
  done
}

printf 'setting\tseed\tkeys\tvalidation_area\tvalidation_time_ms\n'
run base steps=8000 epsilon_steps=4000
run envs64 steps=8000 epsilon_steps=4000 envs=64 warmup=8192
# As many samples as `base`, in fewer and larger updates.
run b256 steps=2000 epsilon_steps=1000 batch=256 envs=32 warmup=8192
run b256lr2 steps=2000 epsilon_steps=1000 batch=256 envs=32 warmup=8192 lr=0.001
run b256lr4 steps=2000 epsilon_steps=1000 batch=256 envs=32 warmup=8192 lr=0.002
run b1024lr4 steps=500 epsilon_steps=250 batch=1024 envs=128 warmup=8192 lr=0.002
