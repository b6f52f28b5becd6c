#!/bin/bash
# policy.onnx in ONNX Runtime: its Q-values are the framework's, for each kind of network and of features. So are
# the predictions of links.onnx, of ridge regressions and of networks.
# The runtime is the npm package onnxruntime-node, kept in the build folder. Skipped (77) where
# Node.js, npm or the package cannot be had. Arguments: program, source folder, folder for the package.
set -euo pipefail
ams=$1
source_dir=$2
modules=$3
package=onnxruntime-node@1.30.0

skip() {
  echo "skipped: $*"
  exit 77
}
command -v node > /dev/null || skip "Node.js is not installed"
command -v npm > /dev/null || skip "npm is not installed"
if [ ! -f "$modules/$package.done" ]; then
  mkdir -p "$modules"
  # Nothing of the package runs at installation; what it would download then is for GPUs.
  npm install --prefix "$modules" --ignore-scripts --no-audit --no-fund --loglevel=error \
    "$package" < /dev/null || skip "npm cannot install $package"
  touch "$modules/$package.done"
fi

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
"$ams" data select "$source_dir/data/photos-60.h5" --groups coco_like -o small.h5 > /dev/null 2>&1 ||
  cp "$source_dir/data/photos-60.h5" small.h5
common=(steps=300 batch=16 warmup=100 replay=1000 log_every=300 validate_every=300 checkpoint_every=300 refine_items=1)
values=(reward=gain loss=huber decide=cost-q gamma=0.5 targets=taken)
train() { # NAME KEY=VALUE...
  local name=$1
  shift
  "$ams" train --data small.h5 -o "$name" "${common[@]}" "$@" > out.txt 2>&1 ||
    { cat out.txt; exit 1; }
  "$ams" export "$name" --format onnx,safetensors,golden -o "$name/export"
  echo "$name:"
  node "$source_dir/tests/cli/onnx_q.js" "$modules" "$name/export"
}
train odds hidden=32
train labels "${values[@]}" features=labels hidden=16x8
train conf "${values[@]}" features=conf hidden=16x8x4
train conf-mask "${values[@]}" features=conf+mask hidden=16 agent=dueling
train heads goal_input=heads hidden=16x8
train dueling "${values[@]}" features=labels+mask hidden=24x8 agent=double-dueling
for form in "ridge" "network --epochs 2"; do
  # shellcheck disable=SC2086
  "$ams" links select --data small.h5 --time 20% --form $form -o links.ams > /dev/null
  "$ams" export links.ams --format onnx,golden -o links
  echo "links, $form:"
  node "$source_dir/tests/cli/onnx_q.js" "$modules" links
done
