#!/bin/bash
# The plain `ams train`, five seeds, against every baseline: on the photos, within three of their groups, on generated coco data
# and on five redundant models of one task. Five minutes on one core.
# Usage: default.sh [FOLDER [ARGUMENT OF ams train ...]]; AMS names another program than build/release/ams, TABLES="people_actions coco"
# other tables, LABEL another name than default.
set -euo pipefail
cd "$(dirname "$(readlink -f "$0")")/../.."
ams=${AMS:-build/release/ams}
out=${1:-results/photos/default}
label=${LABEL:-default}
settings=("${@:2}")
read -ra tables <<< "${TABLES:-photos people_actions imagenet_like scenes_ade coco redundant}"
mkdir -p "$out"
others=(fixed fixed:each knn knn:remaining cooccur linear)

table() { # name: makes $data
  data=$out/$1.h5
  [ "$1" != photos ] || data=data/photos.h5
  [ ! -e "$data" ] || return 0
  case $1 in
    coco) "$ams" data synth --preset coco --items 10000 --seed 1 -o "$data" ;;
    redundant)
      awk -f experiments/alternatives/redundant.awk > "$out/redundant.jsonl"
      printf 'name\ttask\ttime_ms\nm1\tt\t10\nm2\tt\t11\nm3\tt\t12\nm4\tt\t13\nm5\tt\t14\n' > "$out/redundant.models.tsv"
      "$ams" data import "$out/redundant.jsonl" --models "$out/redundant.models.tsv" --split 0.4,0.1,0.5 -o "$data"
      ;;
    *) "$ams" data select data/photos.h5 --groups "$1" --keep-labels -o "$data" ;;
  esac > "$out/$1.info"
}

first=1
for name in "${tables[@]}"; do
  table "$name"
  own=() all=()
  for seed in 1 2 3 4 5; do
    [ -e "$out/$name-$seed/policy.ams" ] ||
      "$ams" train --data "$data" --seed "$seed" "${settings[@]}" -o "$out/$name-$seed" > "$out/$name-$seed.txt"
    own+=(--policy "$label=$out/$name-$seed")
  done
  for other in "${others[@]}"; do all+=(--policy "$other"); done
  "$ams" eval --data "$data" "${own[@]}" "${all[@]}" --policy oracle -o "$out/$name-eval" > "$out/$name.table"
  for goal in 0.5 0.8 0.9; do
    "$ams" eval --data "$data" "${own[@]}" --policy fixed:each --policy knn:remaining --goal "$goal" -o "$out/$name-eval-$goal" > "$out/$name-$goal.table"
  done
  python3 experiments/photos/paired.py "$out/$name-eval" "$out/$name-eval-0.5" "$out/$name-eval-0.8" "$out/$name-eval-0.9" \
    "$label" "${others[@]}" | awk -v OFS='\t' -v table="$name" -v first="$first" 'NR > 1 || first { print NR == 1 ? "table" : table, $0 }'
  first=0
done > "$out/paired.tsv"
