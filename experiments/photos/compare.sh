#!/bin/bash
# The comparison of docs/results.md: four schemes, the agents that differ in them, five seeds each, and every baseline, on the
# test split of the photos. The papers' recipe has the settings that serve it best (papers-tuned.ini). What is done already is used again.
# Usage: compare.sh [FOLDER]; AMS names another program than build/release/ams.
set -euo pipefail
cd "$(dirname "$(readlink -f "$0")")/../.."
ams=${AMS:-build/release/ams}
out=${1:-results/photos/compare}

sweep() { # scheme, more options
  local agents
  case $1 in
    time) agents=dqn,double,dueling,double-dueling,sarsa ;;
    papers-tuned) agents=dqn,double,dueling,sarsa ;; # the papers' own four
    remaining) agents=dqn,dueling ;;
    gain) agents=dqn ;; # without a discount double and sarsa are dqn
  esac
  "$ams" sweep --data data/photos.h5 --config "experiments/photos/$1.ini" --agents "$agents" --seeds 1-5 \
    -o "$out" "${@:2}"
}
# A lane takes one run after the other that nobody has begun, and goes on with the next scheme while others still train
# the last runs of this one: no processor waits but at the very end, and there for the shortest runs.
lane() {
  local scheme
  for scheme in gain remaining time papers-tuned; do
    sweep "$scheme" --join --no-wait -j 1 || [ $? -eq 75 ] || return
  done
}

lanes=()
for k in $(seq "$(nproc)"); do
  if [ "$k" -eq 1 ]; then
    lane &
  else
    lane > /dev/null &
  fi
  lanes+=($!)
done
for pid in "${lanes[@]}"; do
  wait "$pid" || true # what failed is said below
done
for scheme in gain remaining time papers-tuned; do
  sweep "$scheme" --join
done
"$ams" compare "$out" \
  --baseline fixed,fixed:each,fixed:paper,random,optimal,oracle,valuable,cooccur,knn,knn:remaining,linear,rules:experiments/photos/rules.tsv
"$ams" plot "$out" > "$out/figures.txt"

# One agent a scheme, the best on the validation split, for a figure that a reader can take in.
policies=(--policy fixed --policy knn --policy oracle)
for agent in remaining-dqn time-double gain-dqn papers-tuned-dqn; do
  for run in "$out/runs/$agent"-[0-9]*; do # not time-double-dueling-1
    policies+=(--policy "$run")
  done
done
"$ams" eval --data data/photos.h5 "${policies[@]}" -o "$out/schemes" > "$out/schemes.txt"
"$ams" plot "$out/schemes" > /dev/null
