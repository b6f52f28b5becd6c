#!/bin/bash
# The same training by `ams` and by PyTorch, turn by turn in one run: prints the README's table and leaves every figure
# in a TSV file. Needs Debian's python3-torch and python3-h5py.
#   experiments/bench/compare_peers.sh [-a AMS] [-o OUT.tsv] [-r ROUNDS] [-s SECONDS] [-c wall|cpu] [-t THREADS]
# ROUNDS turns of each (default 3), each figure of about SECONDS (default 1). With -c cpu processor time is counted, on
# one thread: for a machine that others use, too.
set -euo pipefail
root=$(dirname "$(dirname "$(dirname "$(readlink -f "$0")")")")
ams=$root/build/release/ams out=/dev/null rounds=3 seconds=1 clock=wall threads=1,2 batches=64,256,4096
python=/usr/bin/python3
while getopts a:o:r:s:c:t: option; do
  case $option in
    a) ams=$OPTARG ;;
    o) out=$OPTARG ;;
    r) rounds=$OPTARG ;;
    s) seconds=$OPTARG ;;
    c) clock=$OPTARG ;;
    t) threads=$OPTARG ;;
    *) exit 1 ;;
  esac
done
[ "$clock" = wall ] || threads=1
[ -x "$ams" ] || { echo "$0: no program $ams; -a names another (cmake --workflow --preset release builds one)" >&2; exit 3; }
"$python" -c 'import torch, h5py' 2> /dev/null ||
  { echo "$0: expected Debian's python3-torch and python3-h5py: apt-get install python3-torch python3-h5py" >&2; exit 4; }

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
"$ams" bench --table "$scratch/bench.h5"
for ((round = 1; round <= rounds; round++)); do
  echo "round $round of $rounds" >&2
  "$ams" bench --data "$scratch/bench.h5" --what update,whole,decide,rollout --batches "$batches" --threads "$threads" \
    --runs 3 --seconds "$seconds" --clock "$clock" --tsv "$scratch/ams.tsv" > /dev/null 2> "$scratch/log" ||
    { cat "$scratch/log" >&2; exit 4; }
  awk -F'\t' -v OFS='\t' '$2 == "sparse" || $2 == "-" { print "ams", $1, $3, $4, $5 }' "$scratch/ams.tsv"
  "$python" "$root/experiments/bench/peer_torch.py" "$scratch/bench.h5" --batches "$batches" --threads "$threads" \
    --runs 3 --seconds "$seconds" --clock "$clock" 2> "$scratch/log" |
    awk -F'\t' -v OFS='\t' '{ print "torch", $1, $2, $3, $4 }' || { cat "$scratch/log" >&2; exit 4; }
done > "$scratch/all.tsv"
{
  printf 'program\tfigure\tbatch\tthreads\tper_second\n'
  cat "$scratch/all.tsv"
} > "$out"

# The median over the rounds, then each program's best number of threads. Environment steps are counted one by one.
sort -t$'\t' -k1,4 -k5,5g "$scratch/all.tsv" | awk -F'\t' '
  function close_group() {
    if (n == 0) return
    median = n % 2 ? value[(n + 1) / 2] : (value[n / 2] + value[n / 2 + 1]) / 2
    if (median > best[program, figure]) { best[program, figure] = median; at[program, figure] = with }
    n = 0
  }
  function number(x) { return x >= 1e6 ? sprintf("%.2f M", x / 1e6) : x >= 100 ? sprintf("%d", x) : sprintf("%.1f", x) }
  {
    if ($1 FS $2 FS $3 FS $4 != group) { close_group(); group = $1 FS $2 FS $3 FS $4 }
    program = $1; with = $4; value[++n] = $5
    figure = $2 == "update" || $2 == "whole" ? $2 " " $3 : $2
  }
  END {
    close_group()
    rows = split("update 64,update 256,update 4096,whole 64,whole 256,whole 4096,decide,rollout", row, ",")
    split("updates/s at batch 64;updates/s at batch 256;updates/s at batch 4096;training with environment steps, " \
      "updates/s at batch 64;the same at batch 256;the same at batch 4096;greedy decisions/s, one item at a time;" \
      "environment steps/s, reward included", name, ";")
    print "| what | PyTorch, its best threads | ams, its best threads | ratio |"
    print "|---|---|---|---|"
    for (i = 1; i <= rows; i++) {
      f = row[i]
      printf "| %s | %s (%s) | %s (%s) | %.0fx |\n", name[i], number(best["torch", f]), at["torch", f],
        number(best["ams", f]), at["ams", f], best["ams", f] / best["torch", f]
    }
  }'
