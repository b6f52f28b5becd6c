#!/bin/bash
# Runs the sh blocks of docs/from-other-formats.md on the samples in formats/, and compares what is in each outputs
# file with rows written down by hand. Usage: test_from_other_formats.sh AMS SOURCE_FOLDER
set -euo pipefail
ams=$1
source=$2
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
mkdir "$folder/bin"
ln -s "$ams" "$folder/bin/ams"
export PATH=$folder/bin:$PATH
cp -r "$source/tests/data/formats" "$folder/formats"

# The block under a heading of the page.
block() {
  awk -v heading="## $1" '
    /^## / { there = $0 == heading }
    there && /^```sh$/ { inside = 1; next }
    /^```/ { inside = 0 }
    inside' "$source/docs/from-other-formats.md"
}

# What a file holds, without the split, which is drawn.
rows() {
  ams data export "$1" -o - 2> /dev/null | sed 's/"split":"[a-z]*",//'
}

failed=0
# run NAME HEADING
run() {
  cd "$folder/formats/$1"
  block "$2" > block.sh
  grep -q 'ams data import' block.sh || { echo "$2: no line on the page"; failed=1; return; }
  if [ "$1" = onnxruntime ] && ! command -v jq > /dev/null; then
    echo "$2: skipped, jq is missing"
    return
  fi
  if ! sh -eu block.sh > out.txt 2>&1; then
    echo "$2: the line fails"
    cat out.txt
    failed=1
  elif ! rows "$1.h5" | diff expected.jsonl - > differences.txt; then
    echo "$2: other rows than those written down by hand (<)"
    cat differences.txt
    failed=1
  fi
}

run coco COCO
run fiftyone FiftyOne
run huggingface 'Hugging Face'
run timm timm
run yolo YOLO
run openimages 'Open Images'
run hapi HAPI
run frugalmct FrugalMCT
run routerbench RouterBench
run kaggle Kaggle
run onnxruntime 'ONNX Runtime'
run triton 'Triton perf analyzer'

# What the page says of times, of costs and of timm's columns per class.
time_of() { ams data info "$1" | awk -v model="$2" '$1 == model { print $3 }'; }
says() { # WHAT EXPECTED FOUND
  [ "$2" = "$3" ] || { echo "$1: expected '$2', found '$3'"; failed=1; }
}
cd "$folder/formats"
says 'Triton, time of cnn' 4.50 "$(time_of triton/triton.h5 cnn)"
says 'Triton, time of vit' 31.25 "$(time_of triton/triton.h5 vit)"
if [ -e onnxruntime/onnxruntime.h5 ]; then
  says 'ONNX Runtime, time of cnn' 4.50 "$(time_of onnxruntime/onnxruntime.h5 cnn)"
fi
says 'HAPI, cost' 15.00 "$(time_of hapi/hapi.h5 google_fer)"
cd timm/all
ams data import --model resnet50=resnet50-224.csv --columns 'item=filename,conf=prob_*' --label-names classes.txt \
  --models models.tsv -o all.h5 > /dev/null 2>&1
rows all.h5 | diff expected.jsonl - || failed=1
exit $failed
