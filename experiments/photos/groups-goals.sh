#!/bin/bash
# Policy files with goals on the test items of the three largest groups, against the group's best constant order per required
# recall, knn and knn:remaining; paired differences. `all`: the five files that goals.sh makes of all photos. `group`: one network trained on the
# group's own 751 to 1,114 items.
# Usage: groups-goals.sh [FOLDER [FOLDER_OF_GOALS]]; AMS names another program than build/release/ams.
set -euo pipefail
cd "$(dirname "$(readlink -f "$0")")/../.."
ams=${AMS:-build/release/ams}
out=${1:-results/photos/groups-goals}
goals=${2:-results/photos/goals}
mkdir -p "$out"

for group in scenes_ade imagenet_like people_actions; do
  data=$out/$group.h5
  run=$out/$group
  [ -e "$data" ] || "$ams" data select data/photos.h5 --groups "$group" --keep-labels -o "$data"
  "$ams" train --data "$data" --config experiments/photos/goals.ini --seed 0 steps=7000 refine=3000 weight_decay=0.5 epsilon_steps=1500 \
    validate_every=250 log_every=250 -o "$run"
  for kind in all group; do
    files=(--policy "goals=$run")
    [ $kind = group ] || files=(--policy "$goals/mean-0.ams" --policy "$goals/mean-1.ams" --policy "$goals/mean-2.ams"
      --policy "$goals/mean-3.ams" --policy "$goals/mean-4.ams")
    "$ams" eval --data "$data" "${files[@]}" --policy fixed:0.5 --policy fixed:0.8 --policy fixed:0.9 --policy fixed:1 --policy knn \
      --policy knn:remaining       -o "$run-$kind-eval"
    for goal in 0.5 0.8 0.9; do
      "$ams" eval --data "$data" --goal "$goal" "${files[@]}" --policy knn:remaining -o "$run-$kind-$goal"
    done
    python3 experiments/photos/paired.py "$run-$kind-eval" "$run-$kind-0.5" "$run-$kind-0.8" "$run-$kind-0.9" goals fixed:GOAL knn \
      knn:remaining > "$out/$group-$kind.tsv"
  done
done
