#!/bin/bash
# `ams train` where items are few: within three groups of the photos, with refinement, fewer updates and more weight decay than
# by default (settings of groups-goals.sh, chosen on validation splits). Five seeds against every baseline; seven minutes on two cores.
# Usage: few.sh [FOLDER]; AMS names another program than build/release/ams.
set -euo pipefail
cd "$(dirname "$(readlink -f "$0")")/../.."
ams=${AMS:-build/release/ams}
out=${1:-results/photos/few}
settings=(steps=7000 refine=3000 weight_decay=0.5 epsilon_steps=1500 validate_every=250 log_every=250 label=few)
others=(fixed fixed:each knn knn:remaining cooccur linear)
mkdir -p "$out"

train() { # group, seed
  [ -e "$out/$1-$2/policy.ams" ] ||
    "$ams" train --data "$out/$1.h5" --seed "$2" threads=1 "${settings[@]}" -o "$out/$1-$2" > "$out/$1-$2.txt" 2>&1
}

first=1
for group in people_actions imagenet_like scenes_ade; do
  [ -e "$out/$group.h5" ] || "$ams" data select data/photos.h5 --groups "$group" --keep-labels -o "$out/$group.h5" > "$out/$group.info"
  own=() all=()
  (train "$group" 1 && train "$group" 2 && train "$group" 3) &
  train "$group" 4 && train "$group" 5
  wait $!
  for seed in 1 2 3 4 5; do own+=(--policy "$out/$group-$seed"); done
  for other in "${others[@]}"; do all+=(--policy "$other"); done
  "$ams" eval --data "$out/$group.h5" "${own[@]}" "${all[@]}" -o "$out/$group-eval" > "$out/$group.table"
  for goal in 0.5 0.8 0.9; do
    "$ams" eval --data "$out/$group.h5" "${own[@]}" --policy fixed:each --policy knn:remaining --goal "$goal" -o "$out/$group-eval-$goal" \
      > "$out/$group-$goal.table"
  done
  python3 experiments/photos/paired.py "$out/$group-eval" "$out/$group-eval-0.5" "$out/$group-eval-0.8" "$out/$group-eval-0.9" \
    few "${others[@]}" | awk -v OFS='\t' -v table="$group" -v first="$first" 'NR > 1 || first { print NR == 1 ? "table" : table, $0 }'
  first=0
done > "$out/paired.tsv"
