#!/bin/bash
# The comparison that README shows: four schemes, all agents that differ in them, five seeds each, and every baseline, on the
# test split of the photos. What is done already is used again.
# Usage: compare.sh [FOLDER]; AMS names another program than build/release/ams.
set -euo pipefail
cd "$(dirname "$(readlink -f "$0")")/../.."
ams=${AMS:-build/release/ams}
out=${1:-results/photos/compare}

sweep() { # scheme, agents
  "$ams" sweep --data data/photos.h5 --config "experiments/photos/$1.ini" --agents "$2" --seeds 1-5 \
    -o "$out"
}

sweep papers dqn,double,dueling,double-dueling,sarsa
sweep time dqn,double,dueling,double-dueling,sarsa
# Without a discount double and sarsa are dqn.
sweep gain dqn
sweep remaining dqn,dueling
"$ams" compare "$out" \
  --baseline fixed,random,optimal,oracle,valuable,cooccur,knn,linear,rules:experiments/photos/rules.tsv
"$ams" plot "$out" > "$out/figures.txt"

# One agent a scheme, the best on the validation split, for a figure that a reader can take in.
policies=(--policy fixed --policy knn --policy oracle)
for agent in remaining-dqn time-double gain-dqn papers-double; do
  for run in "$out/runs/$agent"-[0-9]*; do # not time-double-dueling-1
    policies+=(--policy "$run")
  done
done
"$ams" eval --data data/photos.h5 "${policies[@]}" -o "$out/schemes" > "$out/schemes.txt"
"$ams" plot "$out/schemes" > /dev/null
