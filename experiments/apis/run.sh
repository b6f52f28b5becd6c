#!/bin/bash
# Answers for money on recorded outputs of paid services, on FrugalML's own five splits, beside its published curve.
# usage: run.sh [-o OUT] [SET | FOLDER]...
# SET is rafdb or ferplus, which the repository has (the default: both). FOLDER is another table of that collection: rows.jsonl,
# models.tsv, truth.tsv, splits.tsv, as published.py writes them, or rows and splits as .zst. AMS names the program (default
# build/release/ams). What is there is not made again.
# Takes about 10 s of one core per split of rafdb and a minute with its agent, 5 s of ferplus, and 76 s where there are 65,000 items and 31 labels.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
ams=${AMS:-$root/build/release/ams}
out=$root/results/apis
sets=()
while [ $# -gt 0 ]; do
  case $1 in
    -o) out=$2 && shift ;;
    *) sets+=("$1") ;;
  esac
  shift
done
[ ${#sets[@]} -gt 0 ] || sets=(rafdb ferplus)
mkdir -p "$out"

# either FILE: its name, or that of FILE.zst where there is none.
either() {
  if [ -e "$1" ]; then echo "$1"; else echo "$1.zst"; fi
}

# table FOLDER NAME: the published rows as an outputs file; prices are per 10,000 calls.
table() {
  "$ams" data import "$(either "$1/rows.jsonl")" --models "$1/models.tsv" --truth "$1/truth.tsv" --cost cost_per_10000_usd \
    --cost-unit usd/10k --threshold 0 --name "$2" -o "$out/$2.h5"
}

for set in "${sets[@]}"; do
  name=$(basename "$set")
  if [ -d "$set" ]; then
    splits=$(either "$set/splits.tsv")
    [ -e "$out/$name.h5" ] || table "$set" "$name"
    data=$out/$name.h5
  else
    splits=$here/$name-splits.tsv.zst
    data=$root/data/$name.h5
  fi
  budgets=()
  [ "$name" != rafdb ] ||
    budgets=(--budgets "0.001,1.001,2.001,3.001,4.001,5.001,6.001,8.001,10.001,12.001,15.001,20.001")
  for seed in 1 5 10 50 100; do
    for rule in posterior last; do
      # The ablation: on the set with a published curve.
      [ $rule = posterior ] || [ "$name" = rafdb ] || continue
      folder=$out/$name-$rule-$seed
      [ ! -e "$folder/area.tsv" ] || continue
      agent=()
      [ "$name-$rule" != rafdb-posterior ] || agent=(--agent dqn)
      "$ams" data split "$data" --from "$splits" --column "seed_$seed" -o "$out/$name.split.h5" > /dev/null
      "$ams" budget --data "$out/$name.split.h5" --rule "$rule" "${budgets[@]}" "${agent[@]}" --seed "$seed" -o "$folder"
    done
  done
done
python3 "$here/tables.py" "$out" "$here/published.tsv"
