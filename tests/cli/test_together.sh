#!/bin/bash
# Sweeps that a device trains together: what each run is alone, killed and continued, with runs that
# fail and with too little room. Arguments: the program whose device is the host, the source tree, the
# program as it is installed.
set -euo pipefail
ams=$1
source_dir=$2
plain=$3
# shellcheck source=tests/cli/common.sh
. "$(dirname "$(readlink -f "$0")")/common.sh"

data=$source_dir/data/photos-60.h5
common=(batch=4 hidden=12 replay=500 envs=2 log_every=10 validate_every=40 checkpoint_every=25 warmup=40 refine_items=1)
sweep=("$ams" sweep --data "$data" --agents "dqn,dueling" --seeds 1-2 --device cuda gamma=0.9 loss=huber
  decide=cost-q "lr=0.001,0.0005" "${common[@]}")

same() { # FOLDER FOLDER: of runs
  for file in policy.ams metrics.tsv checkpoints/last; do
    cmp "$1/$file" "$2/$file" || fail "$1 and $2 differ"
  done
}

# Eight runs at once, each as ams train trains it alone.
"${sweep[@]}" steps=60 -o exp > out.txt 2> err.txt || fail "$(cat out.txt err.txt)"
grep -q '8 of 8 runs finished (0 of them before), 0 failed' out.txt || fail "$(cat out.txt)"
grep -q '8 runs together: 480 updates in' err.txt || fail "no sum: $(cat err.txt)"
! grep -q Sanitizer err.txt || fail "$(cat err.txt)"
grep -q '"status": "finished"' exp/sweep.json || fail "sweep.json"
for run in exp/runs/*; do
  name=${run##*/}
  label=${name%-*}
  "$ams" train --data "$data" -o "alone/$name" --device cuda "${common[@]}" steps=60 gamma=0.9 loss=huber decide=cost-q \
    agent="${label%%,*}" lr="${label##*=}" seed="${name##*-}" "label=$label" > /dev/null 2>&1
  same "$run" "alone/$name"
  grep -q '60 updates in' "exp/logs/$name.log" || fail "log of $name: $(cat "exp/logs/$name.log")"
  grep -q '"device": "no GPU but the host"' "$run/manifest.json" || fail "manifest of $name"
done

# Again: all are there. One more seed: its runs join nobody who is finished.
"${sweep[@]}" steps=60 --seeds 1-3 -o exp > out.txt 2> /dev/null
grep -q '12 of 12 runs finished (8 of them before), 0 failed' out.txt || fail "$(cat out.txt)"

# Room for three: it is said once, and all are trained.
AMS_FAKE_ROOM=3 "${sweep[@]}" steps=60 -o narrow > out.txt 2> err.txt || fail "$(cat out.txt err.txt)"
[ "$(grep -c '3 of 8 runs train together, the others follow.*-j 3 or fewer' err.txt)" = 1 ] ||
  fail "crowded: $(cat err.txt)"
for run in alone/*; do same "narrow/runs/${run##*/}" "$run"; done
"${sweep[@]}" steps=60 -j 2 -o two > out.txt 2> err.txt || fail "$(cat out.txt err.txt)"
same two/runs/dqn,lr=0.001-1 alone/dqn,lr=0.001-1

# Two devices: half of the runs each, with the bits that they have alone. A number asks for one of them.
AMS_FAKE_DEVICES=2 "${sweep[@]}" steps=60 -j 8 -o both > out.txt 2> err.txt || fail "$(cat out.txt err.txt)"
[ "$(grep -c '4 runs together: 240 updates' err.txt)" = 2 ] || fail "not dealt: $(cat err.txt)"
for device in "" "1 "; do
  [ "$(grep -l "\"device\": \"no GPU ${device}but the host\"" both/runs/*/manifest.json | wc -l)" = 4 ] ||
    fail "device '$device': $(grep '"device"' both/runs/*/manifest.json)"
done
for run in alone/*; do same "both/runs/${run##*/}" "$run"; done
grep -q '^device = cuda$' both/runs/dqn,lr=0.001-1/config.ini || fail "a run that was dealt is bound to its device"
AMS_FAKE_DEVICES=2 "${sweep[@]}" --device cuda:1 --seeds 1 steps=60 -o second > out.txt 2> err.txt || fail "$(cat out.txt err.txt)"
[ "$(grep -l 'no GPU 1 but the host' second/runs/*/manifest.json | wc -l)" = 4 ] || fail "cuda:1: $(cat err.txt)"
same second/runs/dqn,lr=0.001-1 alone/dqn,lr=0.001-1
AMS_FAKE_DEVICES=2 expect 1 "4 of 4 runs failed" "${sweep[@]}" --device cuda:2 --seeds 1 steps=60 -o third
grep -q 'failed: dqn,lr=0.001-1: device=cuda:2: no CUDA device has the number 2: expected 0 to 1' out.txt || fail "cuda:2: $(cat out.txt)"
expect 1 "device=cuda:1: no CUDA device has the number 1: expected 0 to 0" "$ams" train --data "$data" "${common[@]}" --device cuda:1 -o third
# Processes that share the runs have two devices each: two runs at a time on each.
AMS_FAKE_DEVICES=2 "${sweep[@]}" steps=60 -j 2 --join -o joined > one.txt 2> one.err &
one=$!
AMS_FAKE_DEVICES=2 "${sweep[@]}" steps=60 -j 2 --join -o joined > out.txt 2> err.txt || fail "$(cat out.txt err.txt)"
wait "$one" || fail "$(cat one.txt one.err)"
grep -q '^joined: 8 of 8 runs finished' out.txt || fail "$(cat out.txt)"
for run in alone/*; do same "joined/runs/${run##*/}" "$run"; done
[ "$(find joined/claims -name 'd*.done' | wc -l)" = 8 ] || fail "$(ls joined/claims)"

# Other shapes are other batches. What cannot be trained, and a folder that holds another run, fail by
# themselves, and the program by itself trains what the CPU is asked to.
"$ams" train --data "$data" -o mixed/runs/dqn,grad_clip=0,device=cuda-1 steps=20 "${common[@]}" > /dev/null 2>&1
expect 1 "4 of 8 runs failed" "$ams" sweep --data "$data" --seeds 1 "${common[@]}" steps=60 warmup=40,2000 \
  grad_clip=0,1 device=cpu,cuda -o mixed2
expect 1 "1 of 4 runs failed" "$ams" sweep --data "$data" --seeds 1 "${common[@]}" steps=60 \
  grad_clip=0,1 device=cuda,cpu -o mixed
grep -q 'failed: dqn,grad_clip=0,device=cuda-1: .*holds another run' out.txt || fail "mixed: $(cat out.txt)"
awk -F '\t' 'NR == 2 && $1 == "dqn,grad_clip=0,device=cuda-1" && $4 == 1 { found = 1 }
  END { exit !(found && NR == 2) }' mixed/failed.tsv || fail "failed.tsv: $(cat mixed/failed.tsv)"
grep -q 'holds another run' mixed/logs/dqn,grad_clip=0,device=cuda-1.log || fail "the failed run's log"
grep -q '"status": "failed"' mixed/sweep.json || fail "sweep.json of a failure"
grep -q '^device = cpu$' mixed/runs/dqn,grad_clip=1,device=cpu-1/config.ini || fail "the CPU's run"

# auto: by the sizes of all runs together; small ones go by themselves to the CPU.
"$ams" sweep --data "$data" --seeds 1-2 --device auto "${common[@]}" steps=20 -o auto > out.txt 2> err.txt
grep -q 'auto chose cpu: updates of 2 runs together have .* fewer' err.txt || fail "auto: $(cat err.txt)"
grep -q '^device = cpu$' auto/runs/dqn-1/config.ini || fail "auto was not settled"
grep -q 'auto chose cpu: an update has' auto/logs/dqn-1.log || fail "auto: $(cat auto/logs/dqn-1.log)"

# Stopped by SIGTERM and by SIGKILL, then continued: the same bits.
"${sweep[@]}" steps=500 validate_every=500 -o whole > /dev/null 2>&1
"${sweep[@]}" steps=500 validate_every=500 -o halves > out.txt 2> err.txt &
pid=$!
wait_for_checkpoints halves 8
expect 1 "a sweep or search works there" "${sweep[@]}" steps=500 validate_every=500 -o halves
kill -TERM "$pid"
wait "$pid" || [ $? = 143 ] || fail "SIGTERM: exit $?: $(cat err.txt)"
grep -q 'stopped; checkpoints are written' out.txt || fail "SIGTERM: $(cat out.txt)"
grep -q '"status": "stopped"' halves/sweep.json || fail "sweep.json of a stop"
for run in halves/runs/*; do
  [ ! -e "$run/policy.ams" ] || fail "$run was finished before it was stopped"
done
"${sweep[@]}" steps=500 validate_every=500 -o halves > /dev/null 2>&1 &
pid=$!
sleep 0.5
kill -KILL "$pid" 2> /dev/null || true
wait "$pid" || true
for run in halves/runs/*; do
  flock -w 20 "$run/lock" true || fail "$run outlived its sweep"
done
"${sweep[@]}" steps=500 validate_every=500 -o halves > out.txt 2> err.txt || fail "resumed: $(cat out.txt err.txt)"
for run in whole/runs/*; do same "halves/runs/${run##*/}" "$run"; done

# A search trains a rung's runs together; the best is what it would be on its own.
printf 'lr = log: 1e-4 1e-2\n' > space.ini
"$ams" tune --data "$data" --space space.ini --trials 3 --eta 3 --seeds 1 device=cuda "${common[@]}" \
  steps=120 -o search > out.txt 2> err.txt || fail "tune: $(cat out.txt err.txt)"
[ "$(find search -name policy.ams | wc -l)" -ge 1 ] || fail "no policy of a search"

# The program without such a device says so for every run, and leaves no folder behind.
if "$plain" doctor | grep -qE '^CUDA +(not built|no CUDA device)'; then
  expect 4 "2 of 2 runs failed" "$plain" sweep --data "$data" --seeds 1-2 --device cuda "${common[@]}" \
    steps=20 -o none
  grep -qE 'failed: dqn-2: device=cuda: (not built|no CUDA device)' out.txt || fail "refused: $(cat out.txt)"
  [ ! -e none/runs/dqn-1 ] || fail "a refused run left a folder"
fi
