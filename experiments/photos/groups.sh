#!/bin/bash
# The best scheme on each of the three largest groups, trained and tested within the group: as in compare.sh, and as the mean
# of experts, each trained for one required recall. Then the transfer matrix: how an agent of one group does on another.
# Fewer updates than compare.sh has, since a group has 751 to 1,114 training items.
# Usage: groups.sh [FOLDER]; AMS names another program than build/release/ams.
set -euo pipefail
cd "$(dirname "$(readlink -f "$0")")/../.."
ams=${AMS:-build/release/ams}
out=${1:-results/photos/groups}
groups="people_actions imagenet_like scenes_ade"
mkdir -p "$out"

for group in $groups; do
  data=$out/$group.h5
  [ -e "$data" ] ||
    "$ams" data select data/photos.h5 --groups "$group" --keep-labels -o "$data"
  "$ams" sweep --data "$data" --config experiments/photos/remaining.ini --agents dqn --seeds 1-4 \
    steps=8000 epsilon_steps=4000 -o "$out/$group"
  # With few items one network is not enough for all required recalls: runs for each, and the mean of their Q-values, of
  # three for 0.8, two for 0.9 and one for 1.0. (Settings and numbers chosen on the validation split of the groups.)
  experts=$out/experts-$group/runs/remaining-dqn,goals=
  "$ams" sweep --data "$data" --config experiments/photos/remaining.ini --agents dqn --seeds 1-4 \
    steps=6000 epsilon_steps=3000 dropout=0.3 goals=0.8,0.9,1 -o "$out/experts-$group"
  policies=()
  for seed in 1 2 3 4; do
    next=$((seed % 4 + 1))
    third=$((next % 4 + 1))
    "$ams" average "${experts}0.8-$seed" "${experts}0.8-$next" "${experts}0.8-$third" \
      "${experts}0.9-$seed" "${experts}0.9-$next" "${experts}1-$seed" \
      --label remaining-experts -o "$out/$group/experts-$seed.ams"
    policies+=(--policy "$out/$group/experts-$seed.ams")
  done
  "$ams" compare "$out/$group" --baseline fixed,fixed:each,random,oracle,cooccur,knn,knn:remaining "${policies[@]}"
done

transfer=$out/transfer.tsv
printf 'trained_on\ttested_on\trequired_recall\ttime_ms\tci_low\tci_high\n' > "$transfer.new"
for tested in $groups; do
  policies=(--policy fixed --policy fixed:each --policy oracle)
  for trained in $groups; do
    for run in "$out/$trained"/runs/remaining-dqn-*; do
      policies+=(--policy "$trained=$run")
    done
  done
  "$ams" eval --data "$out/$tested.h5" "${policies[@]}" -o "$out/on-$tested" > "$out/on-$tested.txt"
  awk -F '\t' -v OFS='\t' -v tested="$tested" \
    '$3 == "time_ms" && $2 >= 0.8 { print $1, tested, $2, $4, $5, $6 }' \
    "$out/on-$tested/intervals.tsv" >> "$transfer.new"
done
mv "$transfer.new" "$transfer"
echo "$transfer:"
column -t "$transfer"
