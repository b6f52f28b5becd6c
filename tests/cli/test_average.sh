#!/bin/bash
# `ams average`: the mean of two seeds is a policy like any other; what has no mean is refused.
# Arguments: the program, the source folder.
set -euo pipefail
ams=$1
source_dir=$2
# shellcheck source=tests/cli/common.sh
. "$(dirname "$(readlink -f "$0")")/common.sh"

cp "$source_dir/data/photos-60.h5" data.h5
train=(batch=16 warmup=100 replay=1000 steps=200 log_every=200 validate_every=200 checkpoint_every=200 refine_items=1)
for seed in 1 2; do
  "$ams" train --data data.h5 -o "run-$seed" --seed "$seed" "${train[@]}" hidden=32 > /dev/null 2>&1
done
"$ams" average run-1 run-2/policy.ams -o mean.ams --label both > out.txt
grep -qxF "mean.ams: the mean of 2 policies, 64 hidden units" out.txt || fail "$(cat out.txt)"
"$ams" average run-1 run-2 -o again.ams --label both > /dev/null
cmp mean.ams again.ams || fail "equal members give other bytes"
"$ams" eval --data data.h5 --policy mean.ams --policy run-1 --draws 2 --bootstrap 10 > out.txt
grep -qE '^both +1 ' out.txt || fail "ams eval does not show the mean: $(cat out.txt)"
"$ams" export mean.ams --format ams,header,safetensors -o exported > /dev/null

# The mean of a policy with itself is that policy: the same choices on every item.
"$ams" average run-1 run-1 -o same.ams --label same > /dev/null
"$ams" eval --data data.h5 --policy one=run-1 --policy same.ams --draws 2 --bootstrap 10 -o eval > /dev/null
for name in one same; do
  zstd -dcq eval/items.tsv.zst | awk -F '\t' -v name="$name" '$1 == name' | cut -f 3- > "$name.txt"
  [ -s "$name.txt" ] || fail "no items of $name"
done
cmp one.txt same.txt || fail "the mean of a policy with itself chooses otherwise"

"$ams" train --data data.h5 -o other "${train[@]}" hidden=32 features=labels > /dev/null 2>&1
"$ams" train --data data.h5 -o deep "${train[@]}" hidden=32x8 > /dev/null 2>&1
expect 1 "different features" "$ams" average run-1 other -o bad.ams
expect 1 "2 hidden layers" "$ams" average run-1 deep -o bad.ams
expect 1 "found 1" "$ams" average run-1 -o bad.ams
expect 1 "no policy.ams" "$ams" average run-1 . -o bad.ams
expect 3 "nothing" "$ams" average run-1 nothing -o bad.ams
expect 1 "option -o" "$ams" average run-1 run-2
"$ams" export run-1 --quantize fp16 --data data.h5 -o rounded > /dev/null 2>&1
expect 1 "rounded to fp16" "$ams" average run-1 rounded/policy.ams -o bad.ams
[ ! -e bad.ams ] || fail "a file of a failed average"
