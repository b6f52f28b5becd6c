#!/bin/bash
# The results of docs/links.md, into DIR. Usage: links.sh AMS DIR
set -euo pipefail
ams=${1:?usage: links.sh AMS DIR}
out=${2:?usage: links.sh AMS DIR}
mkdir -p "$out/work"
"$ams" links simulate -o "$out/simulate.tsv"
"$ams" links eval --data data/photos.h5 --time 5%,10%,20%,40% --mem 5%,10%,20%,40% \
  --fill nothing,constant,best,mean,weights,reweighted,any,refit -o "$out/work/eval"
cp "$out/work/eval/links.tsv" "$out/links.tsv"
"$ams" links eval --data data/photos.h5 --time 5%,10%,20%,40% --method refit --fill refit
"$ams" links guarantee --data data/photos.h5 --time 5%,10%,20% --seeds 1-20 -o "$out/guarantee.tsv"
"$ams" links train --data data/photos.h5 -o "$out/work/links.ams"
"$ams" links schedule --data data/photos.h5 --policy fixed --policy "links:$out/work/links.ams" --policy knn \
  --time 5%,10%,20%,40% -o "$out/schedule.tsv"
"$ams" links stream --data data/video.h5 --time 10 --label none,periodic,uncertain,losspred -o "$out/work/video"
"$ams" links stream --data data/video.h5 --time 33.3 --label none,periodic,uncertain -o "$out/work/video-third"
for preset in stanford40 dogs places; do
  "$ams" data synth --preset $preset --items 3000 --seed 1 -o "$out/work/$preset.h5"
done
"$ams" data merge "$out/work/stanford40.h5" "$out/work/dogs.h5" "$out/work/places.h5" -o "$out/work/drift.h5"
for order in "rotate --every 1000" "rotate --every 500" "linear --groups stanford40,places"; do
  # shellcheck disable=SC2086
  "$ams" links stream --data "$out/work/drift.h5" --order $order --time 10 --label none,periodic,uncertain,losspred
done
cp "$out/work/video/stream.tsv" "$out/stream-video.tsv"
cp "$out/work/video/reuse.tsv" "$out/reuse-video.tsv"
