#!/bin/bash
# `ams export` from the command line: files, equal bytes, what rounding changes, errors and exit codes.
# Arguments: the program, the source folder, a C compiler.
set -euo pipefail
ams=$1
source_dir=$2
compiler=$3
# shellcheck source=tests/cli/common.sh
. "$(dirname "$(readlink -f "$0")")/common.sh"

cp "$source_dir/data/photos-60.h5" data.h5
train=(batch=16 hidden=32 warmup=100 replay=1000 steps=200 log_every=200 validate_every=200 checkpoint_every=200 refine_items=1)
"$ams" train --data data.h5 -o run "${train[@]}" threads=1 > /dev/null 2>&1
"$ams" train --data data.h5 -o again "${train[@]}" threads=2 > /dev/null 2>&1

# The formats that every build has; onnx where this one has it.
formats=ams,header,safetensors,golden
"$ams" export run --format onnx -o probe > out.txt 2> err.txt && formats=$formats,onnx ||
  grep -qF libonnx-dev err.txt || fail "onnx: $(cat err.txt)"
"$ams" export run --format "$formats" -o one > out.txt
cmp run/policy.ams one/policy.ams || fail "policy.ams is no copy"
for file in policy.ams policy.h policy.safetensors golden.json; do
  grep -q "^$file  *$(stat -c %s "one/$file") " out.txt || fail "$file: size in $(cat out.txt)"
done
# Equal training, other folder, threads, and a file in place of the run: equal bytes.
"$ams" export again --format "$formats" -o two > /dev/null
"$ams" export one/policy.ams --format "$formats" -o three > /dev/null
diff -r one two || fail "exports of equal training differ"
diff -r one three || fail "the export of an export differs"
[ -z "$(find . -name '*.tmp')" ] || fail "temporary files stay"

# policy.h is C99 and has the file's bytes.
cat > print.c <<'END'
#include <stdio.h>
#include "one/policy.h"
int main(void) { return fwrite(ams_policy, 1, sizeof ams_policy, stdout) == sizeof ams_policy ? 0 : 1; }
END
"$compiler" -std=c99 -Wall -Wextra -Wpedantic -Werror print.c -o print
./print | cmp - run/policy.ams || fail "policy.h has other bytes than policy.ams"

# Rounded weights: what is printed is what `ams eval` finds for the file, over the recalls that a validation counts.
for type in fp16 int8; do
  "$ams" export run --format ams,header --quantize "$type" -o "$type" --json > "$type.json" # the run's data
  "$ams" eval --data data.h5 --policy rounded="$type/policy.ams" --policy run --bootstrap 10 --draws 1 -o "eval-$type" \
    > /dev/null 2>&1
  for name in rounded:time_ms dqn:time_ms_before; do
    found=$(sed -n "s/.*\"${name#*:}\": \([0-9.e+-]*\),*$/\1/p" "$type.json")
    awk -F '\t' -v policy="${name%:*}" -v found="$found" '
      NR == 1 { for (i = 1; i <= NF; i++) at[$i] = i }
      $at["policy"] == policy && ($at["required_recall"] == 0.5 || $at["required_recall"] >= 0.79) { sum += $at["time_ms"]; n++ }
      END { mean = sum / 4; exit !(n == 4 && found > 0 && (mean - found) ^ 2 < (1e-4 * mean) ^ 2) }' \
      "eval-$type/summary.tsv" || fail "$type: $name is $found, ams eval has another"
  done
done
[ "$(stat -c %s fp16/policy.ams)" -lt "$(stat -c %s run/policy.ams)" ] || fail "fp16 is not smaller"
[ "$(stat -c %s int8/policy.ams)" -lt "$(stat -c %s fp16/policy.ams)" ] || fail "int8 is not smaller"
[ "$(head -c 8 int8/policy.ams)" = AMSPOL04 ] || fail "int8 with goals is version 4"
"$ams" export run --quantize int8 --data data.h5 --split validation -o v > out.txt
grep -q '^int8 against fp32 on [0-9]* items of the validation split: time ' out.txt || fail "$(cat out.txt)"

# Baselines of fixed size: in weights that `ams eval` scores alike, to the last digit; in all formats.
for spec in fixed linear "rules:$source_dir/experiments/photos/rules.tsv"; do
  name=${spec%%:*}
  "$ams" export "$spec" --fit "$source_dir/data/photos.h5" --format "$formats" -o "base-$name" > out.txt 2> err.txt ||
    fail "$spec: $(cat err.txt)"
  grep -q 'decides as in .ams eval. on 10462 of all 10462 items$' err.txt || fail "$spec: $(cat err.txt)"
done
"$ams" eval --data "$source_dir/data/photos.h5" --policy fixed --policy linear --policy "rules:$source_dir/experiments/photos/rules.tsv" \
  --split validation --policy f=base-fixed/policy.ams --policy l=base-linear/policy.ams --policy r=base-rules/policy.ams --bootstrap 5 --draws 1 \
  -o eval-base > /dev/null 2>&1
for pair in fixed:f linear:l rules:r; do
  for name in "${pair%:*}" "${pair#*:}"; do
    awk -F '\t' -v name="$name" '$1 == name' eval-base/summary.tsv | cut -f2- > "$name.rows"
  done
  [ -s "${pair%:*}.rows" ] || fail "$pair: no numbers"
  cmp "${pair%:*}.rows" "${pair#*:}.rows" || fail "$pair: other numbers"
done
"$ams" export fixed --data data.h5 -o fixed > /dev/null 2>&1
"$ams" export fixed --fit data.h5 -o fixed-again > /dev/null 2>&1
cmp fixed/policy.ams fixed-again/policy.ams || fail "fixed: other bytes"
expect 1 "no fixed size" "$ams" export knn --fit data.h5 -o none
expect 1 "rules:FILE" "$ams" export rules --fit data.h5 -o none
expect 1 "--fit F.h5" "$ams" export fixed -o none
expect 1 "expected a baseline to fit" "$ams" export run --fit data.h5 -o none
expect 1 "ams export fixed --fit F.h5" "$ams" average linear run -o none.ams

# Past the tolerance: a code of its own, and what was there stays.
if [[ $formats == *onnx* ]]; then
  cp one/policy.onnx kept
  expect 5 "not kept" "$ams" export run --format onnx --tolerance 0 -o one
  cmp kept one/policy.onnx || fail "a refused export replaced a file"
fi

# Wrong usage: nothing is written.
expect 1 "-o" "$ams" export run
expect 1 "found 0" "$ams" export -o none
expect 1 "did you mean onnx?" "$ams" export run --format onx -o none
expect 1 "twice" "$ams" export run --format ams,ams -o none
expect 1 "found ''" "$ams" export run --format ams, -o none
expect 1 "int8 or fp16" "$ams" export run --quantize int4 -o none
expect 1 "without it" "$ams" export run --format safetensors --quantize int8 -o none
expect 1 "--data" "$ams" export run/policy.ams --quantize int8 -o none
expect 1 "--quantize" "$ams" export run --data data.h5 -o none
expect 1 "0 to 1" "$ams" export run --tolerance x -o none
expect 1 "finished" "$ams" export run/checkpoints -o none
expect 3 "No such file" "$ams" export nowhere -o none
expect 2 "data.h5" "$ams" export data.h5 -o none
head -c 5000 run/policy.ams > cut.ams
expect 2 "truncated" "$ams" export cut.ams -o none
expect 2 "photos.h5: the policy was trained with 62 models" "$ams" export run --quantize int8 \
  --data "$source_dir/data/photos.h5" -o none
expect 1 "another -o" "$ams" export run --quantize int8 -o run
expect 1 "another -o" "$ams" export one/policy.ams --quantize int8 --data data.h5 -o one
cmp run/policy.ams one/policy.ams || fail "a rounded policy took the place of its source"
[ ! -e none ] || fail "a refused export left a folder"
touch file
expect 3 "file" "$ams" export run -o file
echo "ams export: all as expected"
