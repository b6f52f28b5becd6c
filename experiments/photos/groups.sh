#!/bin/bash
# The best scheme on each of the three largest groups alone, trained and tested within the group, and the transfer matrix:
# what an agent of one group is worth on another.
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
  "$ams" sweep --data "$data" --config experiments/photos/left.ini --agents dqn --seeds 1-4 \
    steps=8000 epsilon_steps=4000 -o "$out/$group"
  "$ams" compare "$out/$group" --baseline fixed,random,oracle,cooccur,knn
done

transfer=$out/transfer.tsv
printf 'trained_on\ttested_on\trequired_recall\ttime_ms\tci_low\tci_high\n' > "$transfer.new"
for tested in $groups; do
  policies=(--policy fixed --policy oracle)
  for trained in $groups; do
    for run in "$out/$trained"/runs/left-dqn-*; do
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
