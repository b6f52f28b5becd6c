#!/bin/bash
# --device of `ams eval` and `ams compare`: what is refused and with which reason where there is no GPU, what `auto`
# says, and, where there is a GPU, that its decisions are worth what the CPU's are.
set -uo pipefail
ams=${1:?usage: test_eval_device.sh AMS SOURCE_DIR}
data=${2:?}/data/photos-60.h5
# shellcheck source=tests/cli/device.sh
. "$(dirname "$(readlink -f "$0")")/device.sh"
same() { # two folders: the same table, whatever the command line in eval.json says
  cmp "$1/summary.tsv" "$2/summary.tsv" && cmp "$1/intervals.tsv" "$2/intervals.tsv" || failed=1
}

expect 0 "finished" sweep --data "$data" goal_input=off steps=40 warmup=40 log_every=10 validate_every=20 --seeds 1-2 -o "$work/exp"
runs=("$work"/exp/runs/*)
small=(--data "$data" --policy "${runs[0]}" --policy "q-greedy:${runs[1]}" --draws 2 --bootstrap 50)
expect 1 "option --device: expected one of cpu, cuda, auto, cuda:0, .*cuda:15, found 'gpu'" eval "${small[@]}" --device gpu
expect 1 "option --device: expected one of cpu, cuda, auto, cuda:0, .*cuda:15, found 'gpu'" compare "$work/exp" --device gpu
expect 0 "cpu \(default\), cuda, cuda:N \(of several\) or auto" eval --help
expect 0 "cpu \(default\), cuda, cuda:N \(of several\) or auto" compare --help
expect 0 "random" eval "${small[@]}" -o "$work/default"
expect 0 "random" eval "${small[@]}" --device cpu -o "$work/cpu"
same "$work/default" "$work/cpu"
expect 0 "ams eval: --device auto chose cpu: 2 trained policies on .* items have .* multiply-adds, fewer than" \
  eval "${small[@]}" --device auto -o "$work/auto"
same "$work/default" "$work/auto"
expect 0 "ams compare: --device auto chose cpu: 2 trained policies" compare "$work/exp" --bootstrap 50 --device auto
cp "$work/exp/compare.tsv" "$work/compare.tsv"
expect 0 "random" eval --data "$data" --policy fixed --draws 2 --bootstrap 50 --device auto

if "$ams" doctor | grep -qE '^CUDA +(not built|no CUDA device)'; then
  reason="--device cuda: (not built|no CUDA device)"
  expect 4 "$reason" eval "${small[@]}" --device cuda -o "$work/gpu"
  [ ! -e "$work/gpu" ] || { echo "a refused evaluation left a folder"; failed=1; }
  expect 4 "$reason" eval --data none.h5 --policy fixed --device cuda # before anything is read
  expect 4 "$reason" compare "$work/exp" --bootstrap 50 --device cuda
else
  expect 0 "rolled out on the GPU" eval "${small[@]}" --device cuda -o "$work/gpu"
  same "$work/default" "$work/gpu"
  expect 0 "rolled out on the GPU" compare "$work/exp" --bootstrap 50 --device cuda
  # A file that needs more than --memory: windows of its items.
  expect 0 "content hash" data synth --preset coco --items 300 --seed 1 -o "$work/few.h5"
  expect 0 "content hash" data synth --preset coco --items 3000 --seed 1 --split 0,0,1 -o "$work/many.h5"
  expect 0 "updates/s" train --data "$work/few.h5" steps=40 warmup=40 log_every=40 validate_every=40 -o "$work/agent"
  for device in cpu cuda; do
    expect 0 "3000 test items" eval --data "$work/many.h5" --policy "$work/agent" --draws 1 --bootstrap 50 \
      --memory 1 --device $device -o "$work/many-$device"
    [ ! -e "$work/many-$device/distribution.tsv" ] || { echo "$device: not in windows"; failed=1; }
  done
  same "$work/many-cpu" "$work/many-cuda"
fi
cmp "$work/exp/compare.tsv" "$work/compare.tsv" || failed=1
exit "$failed"
