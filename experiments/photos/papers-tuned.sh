#!/bin/bash
# The papers' recipe, trained as well as it can be: a search of 36 trials for photos and one for generated data, and
# papers-tuned.ini, which serves both; three seeds each on the test split; one setting after the other changed around
# it, on the validation split with two seeds. Last, five seeds of Dueling DQN with and without the models run in its state.
# Usage: papers-tuned.sh [FOLDER]; AMS names another program than build/release/ams.
set -euo pipefail
cd "$(dirname "$(readlink -f "$0")")/../.."
ams=${AMS:-build/release/ams}
out=${1:-results/photos/papers-tuned}
mkdir -p "$out"
[ -e "$out/coco.h5" ] || "$ams" data synth --preset coco --items 10000 --seed 1 -o "$out/coco.h5"

for set in photos:dqn coco:dueling; do
  name=${set%:*} agent=${set#*:}
  data=data/photos.h5
  [ "$name" = photos ] || data=$out/coco.h5
  "$ams" tune --data "$data" --config experiments/photos/papers.ini --space experiments/photos/papers-space.ini --agent "$agent" \
    --trials 36 --finalists 4 steps=20000 epsilon_steps=8000 validate_every=1000 -j 1 -o "$out/tune-$name"
  best=$(sed -n '1s/^; Trial \(t[0-9]*\),.*/\1/p' "$out/tune-$name/best.ini")
  policies=()
  for seed in 1 2 3; do
    "$ams" train --data "$data" --config experiments/photos/papers-tuned.ini --agent "$agent" --seed "$seed" -o "$out/$name-$seed"
    policies+=(--policy "papers-tuned=$out/$name-$seed" --policy "search=$out/tune-$name/runs/$best-$seed")
  done
  "$ams" eval --data "$data" "${policies[@]}" --policy fixed --policy fixed:each --policy fixed:paper -o "$out/eval-$name"
done

# One setting at a time: is there a better one next to it?
changes=(lr=0.0001 lr=0.00005 lr=0.0002 batch=64 batch=512 dropout=0.1 dropout=0.5 weight_decay=0.3 weight_decay=3 gamma=0.5 gamma=0.99
  envs=8 epsilon_end=0.1 loss=squared lr_schedule=constant)
for set in photos:dqn coco:dueling; do
  name=${set%:*} agent=${set#*:}
  data=data/photos.h5
  [ "$name" = photos ] || data=$out/coco.h5
  policies=()
  for change in "${changes[@]}"; do # the first is the setting itself
    for seed in 1 2; do
      run=$out/around-$name/$change-$seed
      [ -e "$run/policy.ams" ] || "$ams" train --data "$data" --config experiments/photos/papers-tuned.ini --agent "$agent" \
        --seed "$seed" -o "$run" "$change"
      policies+=(--policy "${change/=/ }=$run")
    done
  done
  "$ams" eval --data "$data" --split validation "${policies[@]}" -o "$out/around-$name/eval"
done

for set in photos coco; do
  data=data/photos.h5
  [ "$set" = photos ] || data=$out/coco.h5
  for features in labels labels+mask; do
    "$ams" sweep --data "$data" --config experiments/photos/papers-tuned.ini --agents dueling --seeds 1-5 -o "$out/$set-$features" \
      features=$features
    policies=()
    for run in "$out/$set-$features/runs/"*-[0-9]; do policies+=(--policy "$features=$run"); done
    "$ams" eval --data "$data" "${policies[@]}" --policy random -o "$out/eval-$set-$features"
  done
done
