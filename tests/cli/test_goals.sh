#!/bin/bash
# Policies whose goal is chosen when deciding, through every command that decides.
# Arguments: the program, the source folder.
set -euo pipefail
ams=$1
source_dir=$2
# shellcheck source=tests/cli/common.sh
. "$(dirname "$(readlink -f "$0")")/common.sh"

"$ams" data select "$source_dir/data/photos.h5" --groups coco_like -o small.h5 > /dev/null
common=(hidden=16 warmup=100 replay=1000 log_every=100 validate_every=200 lr=0.005 refine_items=1)
"$ams" train --data small.h5 -o g goal_input=on goals=0.5,1 "${common[@]}" steps=400 > /dev/null 2>&1
"$ams" train --data small.h5 -o g1 --seed 1 goal_input=on goals=0.5,1 "${common[@]}" steps=400 > /dev/null 2>&1
"$ams" train --data small.h5 -o plain goal_input=off "${common[@]}" steps=200 > /dev/null 2>&1
[ "$(head -c 8 g/policy.ams)" = AMSPOL04 ] || fail "version of the file"

expect 1 "expected reward=remaining or reward=time" "$ams" train --data small.h5 -o bad goal_input=on reward=gain
expect 1 "expected device=cpu" "$ams" train --data small.h5 -o bad goal_input=on --device cuda
[ ! -e bad ] || fail "a refused training left a folder"

# With an output head per goal.
for seed in 0 1; do
  "$ams" train --data small.h5 -o "h${seed#0}" --seed "$seed" goal_input=heads goals=0.5,1 "${common[@]}" steps=400 > /dev/null 2>&1
done
[ "$(head -c 8 h/policy.ams)" = AMSPOL05 ] || fail "version of the file with heads"
expect 1 "expected an agent without dueling heads" "$ams" train --data small.h5 -o bad goal_input=heads agent=dueling
expect 1 "goal_input=heads: expected device=cpu" "$ams" train --data small.h5 -o bad goal_input=heads --device cuda
[ ! -e bad ] || fail "a refused training left a folder"

# eval: a table's required recalls are each scored with themselves as the goal.
times() { # POLICY COLUMN [--goal G]
  "$ams" eval --data small.h5 --policy "$1" --draws 2 --bootstrap 10 "${@:3}" | awk -v c="$2" '$1 == "dqn" { print $c }'
}
cat > messages <<'END'
{"op":"policy"}
{"op":"begin","item":"a","clock":"client","goal":0.5,"next":true}
{"op":"next","item":"a","now_ms":0,"goal":0.9}
{"op":"next","item":"a","now_ms":0,"goal":2}
{"op":"begin","item":"b","goal":-1}
END

every_command() { # POLICY VERSION
  local p=$1 version=$2 low high goal wanted
  low=$(times "$p" 3 --goal 0.5)
  high=$(times "$p" 6 --goal 1)
  [ "$(times "$p" 3) $(times "$p" 6)" = "$low $high" ] || fail "eval scores each recall by another goal"
  [ "$(times "$p" 6 --goal 0.5)" != "$high" ] || fail "the goal changes nothing"
  [ "$(times "$p" 5 --goal 0.75)" != "$(times "$p" 5 --goal 1)" ] || fail "a goal in between is the nearest"
  [ "$(times "$p" 3 --goal 0.2)" = "$low" ] || fail "a goal below the lowest is not the lowest"

  # schedule: at a deadline of 1 ms nothing fits; at a long one the goal no longer matters, as all runs.
  "$ams" schedule deadline --data small.h5 --policy "$p" --deadline 50ms,2s --scheduler algorithm1 --check > plan.txt 2> /dev/null
  grep -q "algorithm1:dqn" plan.txt || fail "schedule: $(cat plan.txt)"
  for goal in 0.5 1; do
    "$ams" schedule deadline --data small.h5 --policy "$p" --deadline 50ms,2s --scheduler algorithm1 --goal "$goal" 2> /dev/null |
      awk '$1 == "algorithm1:dqn" { print $2 }' >> "recalls-$p.txt"
  done
  wanted=$(awk '$1 == "algorithm1:dqn" { print $2 }' plan.txt)
  grep -qx "$wanted" "recalls-$p.txt" || fail "the goal at a deadline is none of the two: $wanted, $(cat "recalls-$p.txt")"

  # average, export, serve.
  "$ams" average "$p" "${p}1" -o mean.ams > /dev/null
  [ -n "$(times mean.ams 6)" ] || fail "the mean of two"
  expect 1 "goal inputs" "$ams" average "$p" plain -o none.ams
  "$ams" export "$p" -o "out-$p" --quantize int8 > out.txt
  grep -q "safetensors\|policy.ams" out.txt || fail "export: $(cat out.txt)"
  [ "$(head -c 8 "out-$p/policy.ams")" = "$version" ] || fail "version of the exported file"
  "$ams" serve --policy "$p" < messages > replies 2> /dev/null
  grep -q '"goals":\[0.5,1\]' replies || fail "serve says no goals"
  [ "$(grep -c '"do":"' replies) $(grep -c bad_limits replies)" = "2 2" ] || fail "serve: $(cat replies)"
}
every_command g AMSPOL04
every_command h AMSPOL05
expect 1 "goal inputs or output heads" "$ams" average g h -o none.ams
expect 1 "expected a policy that was trained with goal_input=on" "$ams" eval --data small.h5 --policy plain --goal 0.8
expect 1 "--goal" "$ams" eval --data small.h5 --policy g --goal 1.5
"$ams" serve --policy plain < messages > replies 2> /dev/null
[ "$(grep -c bad_limits replies)" = 4 ] || fail "serve without goals: $(cat replies)"
