#!/bin/bash
# Commands that print a table and had no --json, found by walking through `ams help`.
# expected: each has it, and prints one JSON object, alone; the others print no table
. "$PROJECT/tests/cases/common"
truth_data d.h5
expect_code 0 "$AMS" sweep --data d.h5 --seeds 1-2 -o exp steps=50 -j 1
expect_code 0 "$AMS" links select --data d.h5 --time 50% -o c.ams
cp -r "$PROJECT/tests/cli/fixtures/report" report
export AMS_EXPERIMENTS=$PROJECT/experiments
printf 'lr = log: 1e-4 1e-3\n' > space.ini
declare -A with=(
  [budget]="--data d.h5 --bootstrap 5" [compare]="exp --data d.h5 --bootstrap 5 --draws 2" ["data info"]="d.h5"
  ["data synth"]="--preset plain --items 50 --report" [doctor]="" [eval]="--data d.h5 --policy fixed --bootstrap 5"
  [export]="exp/runs/dqn-1 -o ex" ["links eval"]="--data d.h5 --time 50%" ["links guarantee"]="--data d.h5 --time 50%"
  ["links predict"]="--links c.ams --data d.h5 --item i1" ["links schedule"]="--data d.h5 --policy fixed --time 50%"
  ["links select"]="--data d.h5 --time 50%" ["links simulate"]="--draws 3" ["links stream"]="--data d.h5 --segment 10"
  ["links train"]="--data d.h5 -o l.ams" [list]="keys" [report]="report --expected report" [reproduce]="--list"
  ["schedule deadline"]="--data d.h5 --policy fixed --deadline 50% --bootstrap 5"
  ["schedule deadline-memory"]="--data d.h5 --policy fixed --deadline 50% --memory 1x --bootstrap 5"
  [stream]="--data d.h5 --clients 2 --jobs 50 --warmup 5 --seeds 1 --scheduler fifo" [trace]="--data d.h5 --policy fixed --item i1"
  [train]="--data d.h5 -o auto --auto steps=50" [tune]="--data d.h5 --space space.ini --trials 2 -o tn steps=50 -j 1")
# These write files and say so, or speak JSON lines as they are; `ams bench --json FILE` writes it to a file.
none=" average bench data check data export data import data merge data select data split data threshold plot run serve sweep "
n=0
names=$("$AMS" help | awk '/^  [a-z]/ { split(substr($0, 3), part, /  +/); print part[1] }' | sort -u)
while IFS= read -r name; do
  [ "$name" != help ] || continue
  if [ -z "${with[$name]+x}" ]; then
    [[ $none == *" $name "* ]] || fail "'$name' is new: does it print a table?"
    continue
  fi
  # shellcheck disable=SC2086 # words
  expect_code 0 "$AMS" $name ${with[$name]} --json
  [ "$(head -c 1 out.txt)" = '{' ] || fail "$name --json prints $(head -n 1 out.txt)"
  if command -v python3 > /dev/null; then
    python3 -m json.tool out.txt > parsed.txt 2> err.txt || fail "$name --json: $(cat err.txt)"
  fi
  n=$((n + 1))
done <<< "$names"
expect_code 0 "$AMS" bench --what decide --seconds 0.01 --runs 1 --json b.json
[ "$(head -c 1 b.json)" = '{' ] || fail "bench --json FILE"
[ $n -ge 22 ] || fail "only $n commands of: $names"
got "$n commands, one object each"
