#!/bin/bash
# The first result: trains an agent on the shipped photos with the default settings, scores it and six baselines on
# the test split, prints the table and draws the figures. Half a minute on two cores.
# Usage: quick.sh [FOLDER]; AMS names another program than build/release/ams.
set -euo pipefail
cd "$(dirname "$(readlink -f "$0")")/../.."
ams=${AMS:-build/release/ams}
out=${1:-results/quick}

say_and_do() {
  echo "\$ $*" >&2
  "$@"
}

say_and_do "$ams" train --data data/photos.h5 -o "$out/run"
say_and_do "$ams" eval --data data/photos.h5 --policy "$out/run" \
  --policy fixed --policy fixed:each --policy knn --policy random --policy oracle -o "$out/eval"
say_and_do "$ams" plot "$out/eval" "$out/run" -o "$out/figures"
