#!/bin/bash
# How much data it takes, and what the outcomes of all models in a state (targets=all) are worth where there is little: time
# to recall 0.8 and 1.0 by number of training items, for the same scheme with and without them; baselines fitted on the
# same items beside them. And how fast each learns from all items.
# Usage: items.sh [FOLDER]; AMS names another program than build/release/ams.
set -euo pipefail
cd "$(dirname "$(readlink -f "$0")")/../.."
ams=${AMS:-build/release/ams}
out=${1:-results/photos/items}

"$ams" sweep --data data/photos.h5 --config experiments/photos/left.ini --agents dqn --seeds 1-5 \
  targets=taken,all items=50,150,500,1500,0 -o "$out"
"$ams" compare "$out" --baseline fixed,random,oracle --baseline-items
"$ams" plot "$out" --what training-items
"$ams" sweep --data data/photos.h5 --config experiments/photos/left.ini --agents dqn --seeds 1-5 \
  targets=taken,all validate_every=500 -o "$out/learning"
"$ams" compare "$out/learning" --baseline fixed
"$ams" plot "$out/learning" --what learning-agents
