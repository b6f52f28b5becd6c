#!/bin/bash
# Instructions of one update and of one decision, counted by callgrind: figures that no other program on the machine and
# no clock can move. Needs valgrind, and a program built without -march=native (valgrind knows no AVX-512):
#   cmake -S . -B build/generic -G Ninja -DCMAKE_BUILD_TYPE=Release -DAMS_NATIVE=OFF && ninja -C build/generic ams
#   experiments/bench/count_instructions.sh build/generic/ams
set -euo pipefail
ams=${1:?usage: count_instructions.sh AMS}
command -v valgrind > /dev/null || { echo "$0: expected valgrind: apt-get install valgrind" >&2; exit 4; }
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
steps=1500 items=100
"$ams" bench --table "$scratch/bench.h5" --items $items

count() { # function whose instructions count, then the command
  local function=$1
  shift
  valgrind --tool=callgrind --toggle-collect="$function" --callgrind-out-file="$scratch/out" "$@" \
    > "$scratch/stdout" 2> "$scratch/log" || { cat "$scratch/log" >&2; exit 4; }
  sed -n 's/.*Collected : \([0-9]*\).*/\1/p' "$scratch/log"
}
row() { printf '%s\t%s\t%s\n' "$1" "$2" "$3"; }
paper=(features=labels reward=paper gamma=0.9 end=on loss=huber decide=q-greedy warmup=1000 envs=8 dropout=0 weight_decay=0 lr_schedule=constant)

row what instructions per
for batch in 64 256; do
  learned=$(count ams_trainer_learn "$ams" train --data "$scratch/bench.h5" "${paper[@]}" batch=$batch steps=$steps \
    log_every=$steps validate_every=$steps checkpoint_every=$steps -o "$scratch/run-$batch")
  row "update at batch $batch" $((learned / steps)) "update, mean of the first $steps"
done
# Ten test items, each 30 decisions.
decisions=$((items * 3))
asked=$(count ams_scorer_q "$ams" eval --data "$scratch/bench.h5" --policy "$scratch/run-64" -o "$scratch/eval")
ran=$(count ams_scorer_run "$ams" eval --data "$scratch/bench.h5" --policy "$scratch/run-64" -o "$scratch/eval")
row "decision" $(((asked + ran) / decisions)) "Q of all actions, and the new labels' rows"
