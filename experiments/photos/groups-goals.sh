#!/bin/bash
# One policy file with goals within each of the three largest groups, one seed, against the group's best constant order per
# required recall and knn; paired differences.
# Usage: groups-goals.sh [FOLDER]; AMS names another program than build/release/ams.
set -euo pipefail
cd "$(dirname "$(readlink -f "$0")")/../.."
ams=${AMS:-build/release/ams}
out=${1:-results/photos/groups-goals}
mkdir -p "$out"

for group in scenes_ade imagenet_like people_actions; do
  data=$out/$group.h5
  run=$out/$group
  [ -e "$data" ] || "$ams" data select data/photos.h5 --groups "$group" --keep-labels -o "$data"
  "$ams" train --data "$data" --config experiments/photos/goals.ini --seed 0 steps=4000 epsilon_steps=1500 validate_every=500 -o "$run"
  "$ams" eval --data "$data" --policy "$run" --policy fixed:0.5 --policy fixed:0.8 --policy fixed:0.9 --policy fixed:1 --policy knn -o "$run-eval"
  for goal in 0.5 0.8 0.9; do
    "$ams" eval --data "$data" --goal "$goal" --policy "$run" -o "$run-$goal"
  done
  python3 experiments/photos/paired.py "$run-eval" "$run-0.5" "$run-0.8" "$run-0.9" goals fixed:GOAL knn > "$out/$group.tsv"
done
