#!/bin/bash
# --device: what is refused and with which reason where there is no GPU, what `auto` says, and, where
# there is a GPU, a run that moves from it to the CPU.
set -uo pipefail
ams=${1:?usage: test_device.sh AMS SOURCE_DIR}
data=${2:?}/data/photos-60.h5
# shellcheck source=tests/cli/device.sh
. "$(dirname "$(readlink -f "$0")")/device.sh"

small=(--data "$data" refine_items=1 steps=40 warmup=40 log_every=10 validate_every=20 checkpoint_every=20)
expect 1 "device.*cpu.*cuda.*auto|expected cpu" train "${small[@]}" --device gpu -o "$work/bad"
expect 0 "cpu \(default\), cuda \(the first GPU\), cuda:N" train --help
for device in cuda: cuda:x cuda:-1 cuda:16 cuda:1x; do
  expect 1 "device: expected one of cpu, cuda, auto, cuda:0, .*cuda:15; found '$device'" train "${small[@]}" --device "$device" -o "$work/bad"
  expect 1 "expected one of cpu, cuda, auto, cuda:0, .*found '$device'" sweep "${small[@]}" --device "$device" --seeds 1 -o "$work/bad"
  expect 1 "--device.*cuda:0" eval --data "$data" --policy fixed --device "$device" -o "$work/bad"
  expect 1 "--device.*cuda:0" bench --device "$device"
  expect 1 "--device.*cuda:0" reproduce --device "$device" -o "$work/bad"
done
[ ! -e "$work/bad" ] || { echo "a refused device left a folder"; failed=1; }
expect 1 "--device: expected cpu, cuda or cuda:N; found 'auto'" bench --device auto
expect 0 "finished|updates/s" train "${small[@]}" --device cpu -o "$work/cpu"
expect 0 "^device = cpu|updates" train "${small[@]}" -o "$work/default"
cmp "$work/cpu/policy.ams" "$work/default/policy.ams" || failed=1
grep -q '^device = cpu$' "$work/cpu/config.ini" || { echo "config.ini does not say cpu"; failed=1; }
expect 0 "device=auto chose cpu: an update has .* fewer" train "${small[@]}" --device auto batch=2 \
  -o "$work/auto"
grep -q '^device = cpu$' "$work/auto/config.ini" || { echo "auto was not settled"; failed=1; }
expect 0 "device=auto chose cpu: backend=dense" train "${small[@]}" device=auto backend=dense \
  batch=512 replay=2000 -o "$work/dense"

expect 1 "precision=tf32: expected device=cuda" train "${small[@]}" precision=tf32 -o "$work/tf32"
expect 1 "device=auto chose cpu: .* fewer" train "${small[@]}" --device auto batch=2 precision=bf16 -o "$work/bf16"
expect 1 "precision=bf16: expected device=cuda" train "${small[@]}" --device auto batch=2 precision=bf16 -o "$work/bf16"
[ ! -e "$work/bf16" ] || { echo "a refused precision left a folder"; failed=1; }

"$ams" doctor > "$work/doctor"
if grep -qE '^CUDA +(not built|no CUDA device)' "$work/doctor"; then
  expect 4 "device=cuda: (not built|no CUDA device)" train "${small[@]}" --device cuda -o "$work/gpu"
  expect 4 "device=cuda:1: (not built|no CUDA device)" train "${small[@]}" --device cuda:1 -o "$work/gpu"
  expect 4 "--device cuda:1: (not built|no CUDA device)" eval --data "$data" --policy fixed --device cuda:1 -o "$work/gpu"
  [ ! -e "$work/gpu" ] || { echo "a refused run left a folder"; failed=1; }
  expect 0 "device=auto chose cpu: (not built|no CUDA device)" train "${small[@]}" --device auto \
    batch=512 replay=2000 -o "$work/large"
  expect 0 '"cuda": null' doctor --json
else
  expect 0 "updates/s" train "${small[@]}" --device cuda -o "$work/gpu"
  expect 0 "paused" train "${small[@]}" --device cuda --until 20 -o "$work/moves"
  expect 0 "updates/s" train --resume "$work/moves" --device cpu
  expect 1 "backend=sparse" train "${small[@]}" --device cuda backend=dense -o "$work/refused"
fi
expect 0 "1 of 1 runs finished" sweep "${small[@]}" --device cpu --seeds 1 -o "$work/exp"
grep -q '^device = cpu$' "$work/exp/runs/dqn-1/config.ini" || { echo "a sweep loses --device"; failed=1; }
expect 1 "device" sweep "${small[@]}" --device gpu --seeds 1 -o "$work/exp2"
exit "$failed"
