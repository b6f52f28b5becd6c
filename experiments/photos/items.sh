#!/bin/bash
# How much data it takes, and what the outcomes of all models in a state (targets=all) are worth where there is little: time
# to recall 0.8 and 1.0 by number of training items, for the same scheme with and without them; baselines fitted on the
# same items beside them. And how fast each learns from all items.
# Shorter trainings than compare.sh's, the same for both.
# Usage: items.sh [FOLDER]; AMS names another program than build/release/ams.
set -euo pipefail
cd "$(dirname "$(readlink -f "$0")")/../.."
ams=${AMS:-build/release/ams}
out=${1:-results/photos/items}

"$ams" sweep --data data/photos.h5 --config experiments/photos/left.ini --agents dqn --seeds 1-4 \
  targets=taken,all items=100,300,1000,0 steps=6000 epsilon_steps=3000 -o "$out"
"$ams" compare "$out" --baseline fixed,random,oracle --baseline-items
"$ams" plot "$out" --what training-items
"$ams" sweep --data data/photos.h5 --config experiments/photos/left.ini --agents dqn --seeds 1-4 \
  targets=taken,all steps=8000 epsilon_steps=4000 validate_every=500 -o "$out/learning"
"$ams" compare "$out/learning" --baseline fixed
"$ams" plot "$out/learning" --what learning-agents
