#!/bin/bash
# Distillation: networks that learn from the mean of ten, networks without a teacher but with twice the updates of refinement,
# and means of two of each, all with goal inputs. The ten come from `goals.sh GOALS steps=13000 refine=3000 goal_input=on refine_lr=0.0001`.
# AMS names a program of commit d6618295, which alone has the key `teacher`, but no output heads.
# Usage: distil.sh [GOALS [FOLDER [SEED ...]]], the folder of goals.sh and one of its own, and at least three of the seeds 0 to 9
# (0 1 2 3).
set -euo pipefail
cd "$(dirname "$(readlink -f "$0")")/../.."
ams=${AMS:-build/release/ams}
goals=${1:-results/photos/goals-3000}
out=${2:-results/photos/distil}
seeds=("${@:3}")
[ $# -gt 2 ] || seeds=(0 1 2 3)
mkdir -p "$out"
sed 's/^goal_input = heads/goal_input = on/; s/^refine_lr = .*/refine_lr = 0.0001/' experiments/photos/goals.ini > "$out/goals.ini"
train() { # NAME SEED SETTING...
  "$ams" train --data data/photos.h5 --config "$out/goals.ini" --seed "$2" -o "$out/$1-$2" steps=13000 refine=3000 \
    "${@:3}"
}

cp "$goals/mean-of-ten.ams" "$out/ten.ams"
policies=()
for i in "${!seeds[@]}"; do
  train distilled "${seeds[i]}" teacher="$out/ten.ams" teach=100 teach_updates=1000000000 refine_lr=0.001
  policies+=(--policy "distilled=$out/distilled-${seeds[i]}" --policy "single=$goals/${seeds[i]}")
done
for i in "${!seeds[@]}"; do
  next=${seeds[(i + 1) % ${#seeds[@]}]}
  "$ams" average "$out/distilled-${seeds[i]}" "$out/distilled-$next" --label distilled-of-two -o "$out/mean-${seeds[i]}.ams"
  policies+=(--policy "$out/mean-${seeds[i]}.ams")
done
for seed in 0 1 2 3; do
  train longer "$seed" steps=16000 refine=6000
  policies+=(--policy "longer=$out/longer-$seed")
done
for seed in 0 2; do
  "$ams" average "$out/longer-$seed" "$out/longer-$((seed + 1))" --label longer-of-two -o "$out/longer-mean-$seed.ams"
  policies+=(--policy "$out/longer-mean-$seed.ams")
done
"$ams" eval --data data/photos.h5 --policy "goals-of-ten=$out/ten.ams" "${policies[@]}" --policy fixed --policy oracle \
  -o "$out/eval"
