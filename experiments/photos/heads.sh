#!/bin/bash
# An output head per goal against goal inputs: networks of either kind, the same seeds, the same updates, each with its own learning rate
# of refinement; paired differences. The heads' networks are those of `goals.sh GOALS`.
# Usage: heads.sh [GOALS [FOLDER]], the folder of goals.sh and one of its own; AMS names another program than build/release/ams.
set -euo pipefail
cd "$(dirname "$(readlink -f "$0")")/../.."
ams=${AMS:-build/release/ams}
goals=${1:-results/photos/goals}
out=${2:-results/photos/heads}
mkdir -p "$out"

policies=()
for seed in 0 1 2 3 4; do
  "$ams" train --data data/photos.h5 --config experiments/photos/goals.ini --seed "$seed" goal_input=on \
    refine_lr=0.0001 -o "$out/$seed"
  policies+=(--policy "heads=$goals/$seed" --policy "inputs=$out/$seed")
done
"$ams" eval --data data/photos.h5 "${policies[@]}" --policy fixed --policy oracle -o "$out/eval"
for goal in 0.5 0.8 0.9; do
  "$ams" eval --data data/photos.h5 --goal "$goal" "${policies[@]}" -o "$out/eval-$goal"
done
python3 experiments/photos/paired.py "$out/eval" "$out/eval-0.5" "$out/eval-0.8" "$out/eval-0.9" heads inputs > "$out/paired.tsv"
