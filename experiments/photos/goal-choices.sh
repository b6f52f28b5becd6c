#!/bin/bash
# What goals.ini chose first, against what else could be: goal inputs against a network per goal, odds per time against p per time,
# both without refinement. (Heads instead of inputs: heads.sh.) Prints one table of mean times.
# Usage: goal-choices.sh [FOLDER]; AMS names another program than build/release/ams.
set -euo pipefail
cd "$(dirname "$(readlink -f "$0")")/../.."
ams=${AMS:-build/release/ams}
out=${1:-results/photos/goal-choices}
mkdir -p "$out"
train() { # NAME SETTING...
  "$ams" train --data data/photos.h5 --config experiments/photos/goals.ini -o "$out/$1" steps=13000 refine=3000 goal_input=on refine_lr=0.0001 "${@:2}"
}

policies=()
train inputs --seed 0
policies+=(--policy "inputs=$out/inputs")
for goal in 0.5 0.8 0.9 1; do # as many orders per update as all four goals have together
  train "only-$goal" --seed 0 goals="$goal" goal_input=off refine_items=128
  policies+=(--policy "only-$goal=$out/only-$goal")
done
for seed in 0 1 2; do
  train "odds-$seed" --seed "$seed" steps=10000 refine=0
  train "p-$seed" --seed "$seed" steps=10000 refine=0 loss=huber decide=cost-q
  policies+=(--policy "odds=$out/odds-$seed" --policy "p=$out/p-$seed")
done
"$ams" eval --data data/photos.h5 "${policies[@]}" -o "$out/eval"
