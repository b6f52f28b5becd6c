#!/bin/bash
# `ams train --auto` with five seeds where models are alternatives: tables of other people's services and a generated one. Each is split into
# 40 % training, 10 % validation and 50 % test items.
#   auto.sh PROGRAM OUT TABLES     TABLES has a folder per table with rows.jsonl.zst and models.tsv (name, task,
#                                  cost_per_10000_usd), as FrugalML's data set (Chen et al. 2020) in this form
set -euo pipefail
ams=$(readlink -f "$1")
out=$(readlink -m "$2")
tables=$(readlink -f "$3")
mkdir -p "$out"
cd "$(dirname "$(readlink -f "$0")")/../.."

# A cost takes the place of time, and every answer is valuable, whatever its confidence.
for folder in "$tables"/*/; do
  name=$(basename "$folder")
  awk -F '\t' 'BEGIN { OFS = "\t"; print "name", "task", "time_ms", "threshold" } NR > 1 { print $1, $2, $3, 0 }' \
    "$folder/models.tsv" > "$out/$name.models.tsv"
  "$ams" data import "$folder/rows.jsonl.zst" --models "$out/$name.models.tsv" --split 0.4,0.1,0.5 -o "$out/$name.h5" > "$out/$name.info"
done

# Five redundant models of one task: two labels, each found by each model with its own probability.
awk -f experiments/alternatives/redundant.awk > "$out/redundant.jsonl"
printf 'name\ttask\ttime_ms\nm1\tt\t10\nm2\tt\t11\nm3\tt\t12\nm4\tt\t13\nm5\tt\t14\n' > "$out/redundant.models.tsv"
"$ams" data import "$out/redundant.jsonl" --models "$out/redundant.models.tsv" --split 0.4,0.1,0.5 -o "$out/redundant.h5" > "$out/redundant.info"

for name in digit redundant ferplus rafdb yelp shop command; do
  data=$out/$name.h5
  [ -e "$data" ] || continue
  autos=()
  for seed in 0 1 2 3 4; do
    run=$out/$name-$seed
    "$ams" train --data "$data" --auto -o "$run" --seed "$seed" threads=1 > "$run.txt" 2> "$run.log"
    autos+=(--policy "auto=$run")
  done
  "$ams" eval --data "$data" "${autos[@]}" --policy fixed --policy fixed:each --policy knn --policy knn:remaining --policy cooccur --policy linear \
    --policy oracle --threads 1 -o "$out/$name-eval" > "$out/$name.table" 2> "$out/$name.log"
  for goal in 0.5 0.8 0.9; do
    "$ams" eval --data "$data" "${autos[@]}" --policy fixed:each --goal "$goal" --threads 1 -o "$out/$name-eval-$goal" > "$out/$name-$goal.table" 2>> "$out/$name.log"
  done
  python3 experiments/photos/paired.py "$out/$name-eval" "$out/$name-eval-0.5" "$out/$name-eval-0.8" "$out/$name-eval-0.9" auto fixed fixed:each knn knn:remaining \
    cooccur linear > "$out/$name-paired.tsv"
done
