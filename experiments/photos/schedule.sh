#!/bin/bash
# Scheduling under limits on data/photos.h5: tables and figures under experiments/results/photos/.
# Uses the runs of ./reproduce and trains what is missing; what is done already is used again.
#   experiments/photos/schedule.sh [deadline] [goals] [memory] [readings] [options] [theta] [transfer] [trace]
# CONFIGURATION=gain (default remaining; `left` is its older name) chooses the agent, SEEDS="1 2" (default "1 2 3") its seeds.
set -euo pipefail
cd "$(dirname "$(readlink -f "$0")")/../.."

configuration=${CONFIGURATION:-remaining}
[ "$configuration" != left ] || configuration=remaining
read -ra seeds <<< "${SEEDS:-1 2 3}"
data=data/photos.h5
ams=${AMS:-build/release/ams}
work=results/photos
out=experiments/results/photos
if [ ! -x "$ams" ]; then
  cmake -S . -B build/release -G Ninja -DCMAKE_BUILD_TYPE=Release -DAMS_TESTS=OFF
  cmake --build build/release
fi
mkdir -p "$work/runs" "$out"

train() { # run folder, the rest as for ams train; a finished run is kept: remove it to train anew
  [ ! -e "$1/policy.ams" ] || return 0
  echo "Training $1"
  "$ams" train -o "$@" > /dev/null 2>> "$work/schedule.log"
}

keep() { # from a folder of results: the tables and the figures that a reader wants
  local from=$1 to=$2 file
  mkdir -p "$to"
  for file in "$from"/schedule.tsv "$from"/exact.tsv "$from"/table.txt "$from"/plots/*.svg; do
    [ ! -e "$file" ] || cp "$file" "$to"
  done
}

agents() {
  policies=()
  for seed in "${seeds[@]}"; do
    local run=$work/compare/runs/$configuration-dqn-$seed # of ./reproduce
    [ -e "$run/policy.ams" ] || run=$work/runs/$configuration-$seed
    train "$run" --data "$data" --config "experiments/photos/$configuration.ini" --seed "$seed"
    policies+=(--policy "$run")
  done
}

deadline() { # one model at a time, from 5 % to 60 % of all models' time
  agents
  "$ams" schedule deadline --data "$data" "${policies[@]}" --policy cooccur \
    --scheduler algorithm1,plan,q-greedy --deadline 5%..60%:5% --draws 100 --exact 1000000 --check \
    -o "$work/deadline" > "$work/deadline.txt"
  mv "$work/deadline.txt" "$work/deadline/table.txt"
  "$ams" plot "$work/deadline" > /dev/null
  keep "$work/deadline" "$out/deadline"
}

# One policy with goals, for which each deadline chooses the goal; beside it the same policies with one goal for all.
goals() {
  agents
  local seed with_goals=() goal
  for seed in "${seeds[@]}"; do
    local run=$work/goals/$seed # of goals.sh
    [ -e "$run/policy.ams" ] || run=$work/runs/goals-$seed
    train "$run" --data "$data" --config experiments/photos/goals.ini --seed "$seed"
    with_goals+=(--policy "goals=$run")
  done
  "$ams" schedule deadline --data "$data" "${with_goals[@]}" "${policies[@]}" --policy knn:remaining --policy cooccur \
    --scheduler algorithm1,plan,q-greedy --deadline 5%..60%:5% --draws 20 --check -o "$work/deadline-goals" > "$work/goals.txt"
  mv "$work/goals.txt" "$work/deadline-goals/table.txt"
  keep "$work/deadline-goals" "$out/deadline-goals"
  for goal in 0.5 0.8 0.9 1; do
    "$ams" schedule deadline --data "$data" "${with_goals[@]/#goals=/goal-$goal=}" --scheduler algorithm1,plan,q-greedy \
      --goal "$goal" --deadline 5%..60%:5% --draws 2 -o "$work/deadline-goal-$goal" > /dev/null
    awk -F '\t' -v OFS='\t' 'NR == 1 || $1 ~ /:goal-/' "$work/deadline-goal-$goal/schedule.tsv"
  done | awk 'NR == 1 || $1 != "series"' > "$out/deadline-goals/one-goal.tsv"
}

memory() { # side by side; 15.5 % of the time and 1, 1.5 and 2 times the largest model are the papers'
  agents
  "$ams" schedule deadline-memory --data "$data" "${policies[@]}" --policy cooccur \
    --deadline 5%,10%,15.5%,30% --memory 1x,1.5x,2x --draws 100 --exact 100000 --check \
    -o "$work/memory" > "$work/memory.txt"
  mv "$work/memory.txt" "$work/memory/table.txt"
  "$ams" plot "$work/memory" > /dev/null
  keep "$work/memory" "$out/memory"
}

# Two readings of the papers' Algorithm 2: one m* per decision, or another while memory is free.
readings() {
  agents
  "$ams" schedule deadline-memory --data "$data" "${policies[@]}" --policy cooccur \
    --scheduler algorithm2,algorithm2-again --deadline 5%,10% --memory 1x,2x --draws 2 --bootstrap 500 \
    -o "$work/two-readings" > "$work/readings.txt"
  mv "$work/readings.txt" "$work/two-readings/table.txt"
  keep "$work/two-readings" "$out/two-readings"
}

# Where the papers say nothing: each option by itself, on the validation split, with the times that
# executions really took.
options() {
  agents
  local rows=$work/options.tsv setting deadlines
  local settings=("" "--negative skip" "--negative clamp" "--late short" "--late any"
    "--expect q0.5" "--expect q0.75" "--expect q0.9" "--expect q0.99" "--expect q0.9 --late any"
    "--stop value:0.002" "--stop value:0.005" "--stop value:0.01" "--stop sum:0.02"
    "--stop sum:0.05" "--stop sum:0.1" "--stop end" "no stop") # the last: what stop rules compete with
  printf 'setting\tseries\tdeadline_ms\trecall\ttime_ms\tmodels_run\tcut_off\n' > "$rows"
  for setting in "${settings[@]}"; do
    local words=()
    deadlines=15%,40%,100%
    if [ "$setting" = "no stop" ]; then
      deadlines=267ms,400ms,505ms,551ms,721ms
    else
      read -ra words <<< "$setting"
    fi
    "$ams" schedule deadline --data "$data" --split validation --times recorded "${policies[@]}" \
      --scheduler algorithm1,plan --deadline "$deadlines" --draws 2 --bootstrap 10 "${words[@]}" \
      -o "$work/option" > /dev/null
    awk -F '\t' -v setting="${setting:-defaults}" -v OFS='\t' \
      '$1 ~ /^(algorithm1|plan):/ && $1 !~ /truth/ { print setting, $1, $2, $4, $16, $17, $18 }' \
      "$work/option/schedule.tsv" >> "$rows"
  done
  cp "$rows" "$out/options.tsv"
}

# One face detector's priority in training, as the papers vary it: its mean position in the whole
# order, and the time that is saved against random at recall 1.0.
theta() {
  local model=face-blazeface-back policies=() theta seed
  for theta in 1 2 5 10; do
    for seed in "${seeds[@]}"; do
      train "$work/runs/theta-$theta-$seed" --data "$data" --config experiments/photos/papers.ini \
        --seed "$seed" --theta "$model=$theta" "label=theta-$theta"
      policies+=(--policy "$work/runs/theta-$theta-$seed")
    done
  done
  "$ams" eval --data "$data" "${policies[@]}" -o "$work/theta" > /dev/null
  zstd -dcq "$work/theta/items.tsv.zst" | awk -F '\t' -v model="$model" -v OFS='\t' '
    FILENAME == "-" { if ($1 !~ /^theta-/) next
      n = split($4, order, ","); for (i = 1; i <= n; i++) if (order[i] == model) position[$1] += i
      items[$1]++; next }
    $1 ~ /^theta-/ && $2 == "1.0" && $3 == "saved_vs_random" {
      print model, substr($1, 7), position[$1] / items[$1], $4, $5, $6 }' \
    - "$work/theta/intervals.tsv" | sort -t "$(printf '\t')" -k 2 -n |
    cat <(printf 'model\ttheta\tmean_position\tsaved_vs_random\tci_low\tci_high\n') - \
      > "$work/theta/priority.tsv"
  "$ams" plot "$work/theta" --what priority > /dev/null
  mkdir -p "$out/theta"
  cp "$work/theta/priority.tsv" "$work/theta/plots/priority.svg" "$out/theta"
}

# Agents trained on one group of photos, used on that and on another one.
transfer() {
  local groups=(people_actions voc_like) group other seed
  for group in "${groups[@]}"; do
    "$ams" data select "$data" --groups "$group" --keep-labels -o "$work/$group.h5" > /dev/null
    for seed in "${seeds[@]}"; do
      train "$work/runs/on-$group-$seed" --data "$work/$group.h5" --seed "$seed" \
        --config "experiments/photos/$configuration.ini" "label=on-$group"
    done
  done
  for group in "${groups[@]}"; do
    local policies=()
    for other in "${groups[@]}"; do
      for seed in "${seeds[@]}"; do
        policies+=(--policy "$work/runs/on-$other-$seed")
      done
    done
    "$ams" schedule deadline --data "$work/$group.h5" "${policies[@]}" --scheduler algorithm1 \
      --deadline 5%..60%:5% --draws 100 -o "$work/transfer-$group" > "$work/transfer.txt"
    mv "$work/transfer.txt" "$work/transfer-$group/table.txt"
    "$ams" plot "$work/transfer-$group" > /dev/null
    keep "$work/transfer-$group" "$out/transfer-$group"
  done
}

trace() {
  agents
  local scheduler
  for scheduler in algorithm2 plan; do
    "$ams" trace --data "$data" "${policies[@]:0:2}" --item flickr_like/f8k_00004 \
      --deadline 15.5% --memory 1.5x --scheduler "$scheduler" -o "$work/trace-$scheduler" > /dev/null
    mkdir -p "$out/trace-$scheduler"
    cp "$work/trace-$scheduler"/{trace.txt,trace.json,gantt.svg} "$out/trace-$scheduler"
  done
}

[ $# -gt 0 ] || set -- deadline goals memory readings options theta transfer trace
for part in "$@"; do
  case $part in
    deadline | goals | memory | readings | options | theta | transfer | trace) "$part" ;;
    *)
      echo "schedule.sh: unknown part $part" >&2
      exit 1
      ;;
  esac
done
