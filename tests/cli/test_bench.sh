#!/bin/bash
# ams bench: options, files, and the comparison with a record. Nothing is asserted of speed.
set -uo pipefail
ams=$1
records=$2
# shellcheck source=tests/cli/common.sh
. "$(dirname "$(readlink -f "$0")")/common.sh"
work=$PWD
bench() { # exit code, text, arguments
  expect_output "$1" "$2" "$ams" bench "${@:3}"
}
bench 1 "option --what: expected some of update" --what updates
bench 1 "option --batches: expected up to 8 numbers" --batches 64,0
bench 1 "option --threads" --threads 1,2,1,2,1,2,1,2,1
bench 1 "option --clock: expected one of wall, cpu" --clock sun
bench 1 "option --tolerance" --tolerance 2
bench 1 "option --device: expected one of cpu, cuda" --device gpu
bench 1 "expected --what whole, decide or both" --device cuda --what load
bench 1 "a GPU's time is no processor's" --device cuda --clock cpu
bench 1 "option --runs: expected 1 to 1000" --runs 0
bench 1 "option --items: expected 10 or more" --items 9
bench 3 "missing.tsv" --against "$work/missing.tsv"
if [ -c /dev/full ] && [ -w /dev/full ]; then # a device is written, not replaced
  bench 3 "cannot write /dev/full" --what load --items 10 --runs 1 --seconds 0.01 --tsv /dev/full
  [ -c /dev/full ] || fail "/dev/full is no device any more"
  bench 3 "it is a device or a pipe" --table /dev/full --items 10
fi

export TMPDIR=$work
quick=(--runs 3 --seconds 0.002 --items 60)
bench 0 "decisions/s" --what decide,rollout "${quick[@]}" --tsv "$work/now.tsv" --json "$work/now.json"
[ "$(awk -F'\t' '$1 == "decide" || $1 == "rollout"' "$work/now.tsv" | wc -l)" = 2 ] || fail "$(cat "$work/now.tsv")"
grep -q '"blas_kernel"' "$work/now.json" || fail "$(cat "$work/now.json")"
[ -z "$(find "$work" -mindepth 1 ! -name 'now.*')" ] || fail "left behind: $(ls "$work")"

if "$ams" doctor | grep -qE '^CUDA +(not built|no CUDA device)'; then
  bench 4 "--device cuda:0: " --device cuda "${quick[@]}" --tsv "$work/now.gpu"
  [ ! -e "$work/now.gpu" ] || fail "figures of a GPU that is not there"
else
  bench 0 "decisions/s" --device cuda --what decide "${quick[@]}"
fi

# A record a million times as fast, and one as slow; and one of other figures.
scale() { awk -F'\t' -v OFS='\t' -v by="$1" 'NR > 1 { $5 *= by } { print }' "$work/now.tsv" > "$work/$2"; }
scale 1e6 fast.tsv
scale 1e-6 slow.tsv
bench 1 "SLOWER" --what decide "${quick[@]}" --against "$work/fast.tsv"
bench 1 "1 of 1 figures are slower" --what decide "${quick[@]}" --against "$work/fast.tsv"
bench 0 "now / then" --what decide "${quick[@]}" --against "$work/slow.tsv"
bench 1 "has none of the figures" --what bootstrap "${quick[@]}" --against "$work/now.tsv"
sed '2s/^\(\([^\t]*\t\)\{4\}\)[^\t]*/\10/' "$work/now.tsv" > "$work/zero.tsv"
bench 2 "expected a median above 0" --against "$work/zero.tsv"
cut -f1-4 "$work/now.tsv" > "$work/cut.tsv"
bench 2 "median" --against "$work/cut.tsv"
# What is committed can be compared with.
for record in "$records"/bench-*.tsv; do
  bench 0 "now / then" --what decide "${quick[@]}" --against "$record" --tolerance 1
done

# The table that other programs are given.
bench 0 "" --table "$work/bench.h5" --items 60
"$ams" data check "$work/bench.h5" > /dev/null || fail "ams data check of the written table"
bench 0 "decide" --what decide "${quick[@]}" --data "$work/bench.h5"

# What only a GPU has.
bench 1 "precision is measured alone" --what precision,update
bench 1 "with it, found --clock" --what precision --clock cpu
bench 1 "kernels is measured alone" --what kernels,update
bench 1 "with it, found --clock" --what kernels --clock cpu
if "$ams" doctor | grep -qE '^CUDA +(not built|no CUDA device)'; then
  bench 4 "--what kernels: " --what kernels --tsv "$work/kernels.tsv"
  bench 4 "--what precision: " --what precision --tsv "$work/precision.tsv" --json "$work/precision.json"
  if [ -e "$work/precision.tsv" ] || [ -e "$work/precision.json" ]; then
    fail "figures of no GPU"
  fi
else
  bench 0 "learn" --what kernels --batches 64 --items 60 --tsv "$work/kernels.tsv" --json "$work/kernels.json"
  [ "$(grep -c '"us":' "$work/kernels.json")" = "$(($(wc -l < "$work/kernels.tsv") - 1))" ] || fail "$(cat "$work/kernels.json")"
  [ "$(awk 'NR > 1 { n[$4]++ } END { print n[64], n[128], n[256] }' "$work/kernels.tsv")" = "3 3 3" ] || fail "$(cat "$work/kernels.tsv")"
  bench 0 "bf16" --what precision --batches 64 --runs 2 --items 60 --tsv "$work/precision.tsv" --json "$work/precision.json"
  [ "$(grep -c '"time_ms":' "$work/precision.json")" = 3 ] || fail "$(cat "$work/precision.json")"
  [ "$(wc -l < "$work/precision.tsv")" = 4 ] || fail "$(cat "$work/precision.tsv")"
fi
