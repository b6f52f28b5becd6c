#!/bin/bash
# How much training data it takes: time until recall 0.8 and 1.0 by number of training items, for the same scheme with and
# without the outcomes of all models in a state (targets=all), and for baselines fitted on the same items. Also how fast
# each learns from all items.
# Shorter trainings than compare.sh's, the same for both.
# Usage: items.sh [FOLDER]; AMS names another program than build/release/ams.
set -euo pipefail
cd "$(dirname "$(readlink -f "$0")")/../.."
ams=${AMS:-build/release/ams}
out=${1:-results/photos/items}

"$ams" sweep --data data/photos.h5 --config experiments/photos/remaining.ini --agents dqn --seeds 1-4 \
  targets=taken,all items=100,300,1000,0 steps=4000 epsilon_steps=2000 -o "$out"
"$ams" compare "$out" --baseline fixed,fixed:each,knn:remaining,random,oracle --baseline-items
"$ams" plot "$out" --what training-items
"$ams" sweep --data data/photos.h5 --config experiments/photos/remaining.ini --agents dqn --seeds 1-4 \
  targets=taken,all steps=6000 epsilon_steps=3000 validate_every=500 -o "$out/learning"
"$ams" compare "$out/learning" --baseline fixed
"$ams" plot "$out/learning" --what learning-agents
