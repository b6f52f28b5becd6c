#!/bin/bash
# The results of docs/links.md, into DIR. Usage: links.sh AMS DIR
set -euo pipefail
ams=${1:?usage: links.sh AMS DIR}
out=${2:?usage: links.sh AMS DIR}
work="$out/work"
mkdir -p "$work"

# Rows of a table with columns of their own in front: add NAME VALUE ... FROM.tsv TO.tsv
add() {
  local from="${*: -2:1}" to="${*: -1}" head="" cells=""
  while [ $# -gt 2 ]; do
    head+="$1"$'\t' cells+="$2"$'\t'
    shift 2
  done
  [ -s "$to" ] || sed -n "1s/^/$head/p" "$from" > "$to"
  sed -n "2,\$s/^/$cells/p" "$from" >> "$to"
}

"$ams" links simulate -o "$out/simulate.tsv"

# Methods and fillings at many limits.
fills=nothing,constant,best,mean,weights,reweighted,concat,any,refit
"$ams" links eval --data data/photos.h5 --time 5%,10%,20%,40% --mem 5%,10%,20%,40% --fill $fills -o "$work/eval"
cp "$work/eval/links.tsv" "$out/links.tsv"
"$ams" links eval --data data/photos.h5 --time 5%,10%,20%,40% --method refit --fill refit
"$ams" links eval --data data/video.h5 --time 33.3%

# The form of the paper's Table V: two limits on memory, all methods, on photos and on video.
rm -f "$out/memory.tsv"
for data in photos video; do
  "$ams" links eval --data data/$data.h5 --mem 51%,92% --fill nothing,constant,best,mean,refit --bootstrap 2000 -o "$work/memory"
  add data $data "$work/memory/links.tsv" "$out/memory.tsv"
done

# Fewer sources per target, fewer training items, and truth as one more model.
rm -f "$out/sources.tsv" "$out/items.tsv" "$out/truth.tsv"
for data in photos photos-60; do
  for sources in 1 3 5 10 64; do
    "$ams" links eval --data data/$data.h5 --time 10%,20%,40% --method facility --fill refit --sources $sources -o "$work/sources"
    add data $data sources $sources "$work/sources/links.tsv" "$out/sources.tsv"
  done
done
items=$("$ams" data info data/photos.h5 --json | grep -oE '"train": [0-9]+' | awk '{ sum += $2 } END { print sum }') # of all groups
for share in 1 5 10 20 48 100; do
  for seed in 1 2 3 4 5; do
    "$ams" links eval --data data/photos.h5 --items $((items * share / 100)) --seed $seed --time 20% --method facility \
      --fill constant,best,refit --bootstrap 10 -o "$work/items"
    add share $share seed $seed "$work/items/links.tsv" "$out/items.tsv"
  done
done
for data in ferplus rafdb; do
  "$ams" data split data/$data.h5 --split 0.4,0.2,0.4 --seed 1 -o "$work/$data.h5" # they have no validation items
  "$ams" links eval --data "$work/$data.h5" --time 20%,50%,100% --truth --method facility --fill constant,best,refit -o "$work/truth"
  add data $data "$work/truth/links.tsv" "$out/truth.tsv"
done

"$ams" links guarantee --data data/photos.h5 --time 5%,10%,20% --seeds 1-20 -o "$out/guarantee.tsv"

# Processor time of all 870 links, reading and writing included: regressions, and the paper's networks.
echo $'form\tcpu_seconds' > "$out/train.tsv"
TIMEFORMAT=%U
for form in ridge network; do
  { time "$ams" links train --data data/photos.h5 --form $form -o "$work/$form.ams" > /dev/null 2>&1; } 2> "$work/seconds"
  echo "$form"$'\t'"$(< "$work/seconds")" >> "$out/train.tsv"
done

# By a deadline: a trained agent, links, orders. Then a core set with an adaptive rest.
for data in photos video; do
  "$ams" links train --data data/$data.h5 -o "$work/$data.ams"
  "$ams" train --data data/$data.h5 --config experiments/photos/remaining.ini steps=10000 -o "$work/agent-$data"
  "$ams" links schedule --data data/$data.h5 --policy "agent=$work/agent-$data" --policy "links:$work/$data.ams" \
    --policy fixed --policy knn --time 5%,10%,20%,33.3%,40% -o "$out/schedule-$data.tsv"
done
"$ams" links schedule --data data/photos.h5 --core 0.25,0.5,0.75,1 --policy fixed --fill best --time 5%,10%,20%,40% -o "$out/core.tsv"

# Streams with drift, five seeds each: of the generated items, of the order of the clips, of that of the photos' groups.
rm -f "$out/streams.tsv" "$out/reuse.tsv"
stream() { # NAME SEED OPTION...
  "$ams" links stream --seed "$2" -o "$work/stream" "${@:3}"
  add stream "$1" seed "$2" "$work/stream/means.tsv" "$out/streams.tsv"
  add stream "$1" seed "$2" "$work/stream/reuse.tsv" "$out/reuse.tsv"
}
both() { # the same: all strategies; and those that look at nothing, when they notice changes, too
  stream "$@"
  "$ams" links stream --seed "$2" --label random,periodic --watch -o "$work/stream" "${@:3}"
  add stream "$1-watch" seed "$2" "$work/stream/means.tsv" "$out/streams.tsv"
}
for seed in 4 5 6 7 8; do
  for preset in stanford40 dogs places; do
    "$ams" data synth --preset $preset --items 3000 --seed $seed -o "$work/$preset.h5"
  done
  "$ams" data merge "$work/stanford40.h5" "$work/dogs.h5" "$work/places.h5" -o "$work/drift.h5"
  both abrupt $seed --data "$work/drift.h5" --order rotate --every 1000 --time 10
  both recurring $seed --data "$work/drift.h5" --order rotate --every 500 --time 10
  stream linear $seed --data "$work/drift.h5" --order linear --groups stanford40,places --time 10
  both video $seed --data data/video.h5 --order shuffle --time 10
  both photos $seed --data data/photos.h5 --order shuffle --time 10
done
stream video-in-order 0 --data data/video.h5 --time 10
stream photos-by-group 0 --data data/photos.h5 --order groups --time 10

# Two thirds saved: a set of 29 % of all time; with profiles and labels links take 33 %, as copying does from every third item.
"$ams" links stream --data data/video.h5 --time 29 --label none,periodic,losspred -o "$work/third"
cp "$work/third/means.tsv" "$out/third.tsv"
cp "$work/third/reuse.tsv" "$out/third-reuse.tsv"
