#!/bin/bash
# One policy file for every required recall: five files, each the mean of two networks with goal inputs, against the constant
# order that is best for each recall, knn with the same reward and rule, and the other baselines; paired differences.
# Usage: goals.sh [FOLDER [SETTING=VALUE ...]]; AMS names another program than build/release/ams.
set -euo pipefail
cd "$(dirname "$(readlink -f "$0")")/../.."
ams=${AMS:-build/release/ams}
out=${1:-results/photos/goals}
settings=("${@:2}")
mkdir -p "$out"

for seed in 0 1 2 3 4 5 6 7 8 9; do
  "$ams" train --data data/photos.h5 --config experiments/photos/goals.ini --seed "$seed" "${settings[@]}" -o "$out/$seed"
done
files=()
for pair in "0 5" "1 9" "2 6" "3 7" "4 8"; do
  read -r a b <<< "$pair"
  "$ams" average "$out/$a" "$out/$b" --label goals -o "$out/mean-$a.ams"
  files+=(--policy "$out/mean-$a.ams")
done
"$ams" average "$out"/[0-9] --label goals-of-ten -o "$out/mean-of-ten.ams"
singles=()
for seed in 0 1 2 3 4; do
  singles+=(--policy "single=$out/$seed")
done

"$ams" eval --data data/photos.h5 "${files[@]}" --policy "$out/mean-of-ten.ams" "${singles[@]}" --policy fixed --policy fixed:each \
  --policy fixed:0.5 --policy fixed:0.8 --policy fixed:0.9 --policy fixed:1 --policy fixed:paper --policy knn --policy knn:remaining \
  --policy cooccur --policy linear --policy oracle -o "$out/eval"
for goal in 0.5 0.8 0.9; do
  "$ams" eval --data data/photos.h5 --goal "$goal" "${files[@]}" "${singles[@]}" --policy fixed:each --policy knn:remaining -o "$out/eval-$goal"
done
paired() { # policy, file
  python3 experiments/photos/paired.py "$out/eval" "$out/eval-0.5" "$out/eval-0.8" "$out/eval-0.9" "$1" fixed:GOAL knn knn:remaining \
    cooccur linear fixed > "$2"
}
paired goals "$out/paired.tsv"
paired single "$out/paired-single.tsv"
