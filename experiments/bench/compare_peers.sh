#!/bin/bash
# The same training by `ams` and by PyTorch, the papers' recipe and the recommended one, interleaved: prints the table of
# docs/speed.md and leaves every figure in a TSV file. Needs Debian's python3-torch and python3-h5py.
#   experiments/bench/compare_peers.sh [-a AMS] [-o OUT.tsv] [-r ROUNDS] [-s SECONDS] [-c wall|cpu] [-t THREADS]
#     [-b BATCHES] [-d cpu|cuda] [-p PYTHON]
# Both are measured ROUNDS times (default 3), each figure for about SECONDS (default 1). With -c cpu processor time is
# counted, on one thread: for a machine that others use, too. With -d cuda both use the GPU, PyTorch eager (torch) and with
# torch.compile and CUDA graphs (graphs); PYTHON is one with a torch built for CUDA, which Debian's is not.
set -euo pipefail
root=$(dirname "$(dirname "$(dirname "$(readlink -f "$0")")")")
ams=$root/build/release/ams out=/dev/null rounds=3 seconds=1 clock=wall threads=1,2 batches=64,256,4096
python=/usr/bin/python3 device=cpu
while getopts a:o:r:s:c:t:b:d:p: option; do
  case $option in
    a) ams=$OPTARG ;;
    o) out=$OPTARG ;;
    r) rounds=$OPTARG ;;
    s) seconds=$OPTARG ;;
    c) clock=$OPTARG ;;
    t) threads=$OPTARG ;;
    b) batches=$OPTARG ;;
    d) device=$OPTARG ;;
    p) python=$OPTARG ;;
    *) exit 1 ;;
  esac
done
case $device in
  cpu) figures=update,whole,decide,rollout ;;
  cuda) figures=whole,decide ;;
  *) echo "$0: -d: expected cpu or cuda, found '$device'" >&2; exit 1 ;;
esac
[ "$device$clock" != cudacpu ] || { echo "$0: a GPU's time is no processor's: expected -c wall with -d cuda" >&2; exit 1; }
[ "$clock" = wall ] || threads=1
[ -x "$ams" ] || { echo "$0: no program $ams; -a names another (cmake --workflow --preset release builds one)" >&2; exit 3; }
"$python" -c 'import torch, h5py' 2> /dev/null ||
  { echo "$0: $python: expected torch and h5py, as Debian's apt-get install python3-torch python3-h5py" >&2; exit 4; }

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
"$ams" bench --table "$scratch/bench.h5"
# The recommended recipe in both, by programs that print rows of one form.
recipe() { # program's name, command
  local program=$1
  shift
  "$@" --threads "$threads" --runs 1 --clock "$clock" > "$scratch/recipe.tsv" 2> "$scratch/log" || { cat "$scratch/log" >&2; exit 4; }
  awk -F'\t' -v OFS='\t' -v program="$program" '{ print program, $1, $2, $3, $4 }' "$scratch/recipe.tsv"
}
peer() { # program's name, arguments: a figure per line
  local program=$1
  shift
  "$python" "$root/experiments/bench/peer_torch.py" "$scratch/bench.h5" --device "$device" --batches "$batches" \
    --threads "$threads" --runs 3 --seconds "$seconds" --clock "$clock" "$@" > "$scratch/peer.tsv" 2> "$scratch/log" ||
    { cat "$scratch/log" >&2; exit 4; }
  awk -F'\t' -v OFS='\t' -v program="$program" '
    $1 == "score" { $1 = "decide"; $2 = 1 } # many items at once, as ams has them on a GPU
    { print program, $1, $2, $3, $4 }' "$scratch/peer.tsv"
}
for ((round = 1; round <= rounds; round++)); do
  echo "round $round of $rounds" >&2
  "$ams" bench --data "$scratch/bench.h5" --device "$device" --what "$figures" --batches "$batches" --threads "$threads" \
    --runs 3 --seconds "$seconds" --clock "$clock" --tsv "$scratch/ams.tsv" > /dev/null 2> "$scratch/log" ||
    { cat "$scratch/log" >&2; exit 4; }
  awk -F'\t' -v OFS='\t' '$2 == "sparse" || $2 == "-" || $2 == "cuda" {
    print "ams", $1, $1 == "decide" ? 1 : $3, $4, $5 }' "$scratch/ams.tsv"
  peer torch
  [ "$device" = cpu ] || { peer graphs --compile && continue; }
  recipe ams "$root/experiments/bench/recipe_ams.py" "$ams" "$scratch/bench.h5" "$root/experiments/photos/remaining.ini"
  recipe torch "$python" "$root/experiments/bench/peer_torch_recipe.py" "$scratch/bench.h5" --seconds "$seconds"
done > "$scratch/all.tsv"
{
  printf 'program\tfigure\tbatch\tthreads\tper_second\n'
  cat "$scratch/all.tsv"
} > "$out"

# The median over the rounds, then each program's best number of threads. Environment steps are counted one by one.
sort -t$'\t' -k1,4 -k5,5g "$scratch/all.tsv" | awk -F'\t' -v device="$device" '
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
  function beside(program, f) {
    return (program, f) in best ? sprintf("%s | %.0fx", number(best[program, f]), best["ams", f] / best[program, f]) : "- | -"
  }
  function print_gpu(rows, row, name, i) {
    rows = split("whole 64,whole 256,whole 4096,decide", row, ",")
    split("training with environment steps, updates/s at batch 64;the same at batch 256;the same at batch 4096;" \
      "greedy decisions/s, many items at once", name, ";")
    print "| what | ams on the GPU | PyTorch on it, eager | ratio | PyTorch, compiled, CUDA graphs | ratio |"
    print "|---|---|---|---|---|---|"
    for (i = 1; i <= rows; i++)
      printf "| %s | %s | %s | %s |\n", name[i], number(best["ams", row[i]]), beside("torch", row[i]), beside("graphs", row[i])
  }
  END {
    close_group()
    if (device == "cuda") { print_gpu(); exit }
    rows = split("update 64,update 256,update 4096,whole 64,whole 256,whole 4096,recipe,decide,rollout", row, ",")
    split("updates/s at batch 64;updates/s at batch 256;updates/s at batch 4096;training with environment steps, " \
      "updates/s at batch 64;the same at batch 256;the same at batch 4096;the recommended recipe (remaining.ini), updates/s at batch " \
      "256;greedy decisions/s, one item at a time;environment steps/s, reward included", name, ";")
    print "| what | PyTorch, its best threads | ams, its best threads | ratio |"
    print "|---|---|---|---|"
    for (i = 1; i <= rows; i++) {
      f = row[i]
      if (!(("torch", f) in best)) continue # another batch
      printf "| %s | %s (%s) | %s (%s) | %.0fx |\n", name[i], number(best["torch", f]), at["torch", f],
        number(best["ams", f]), at["ams", f], best["ams", f] / best["torch", f]
    }
  }'
