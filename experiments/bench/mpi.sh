#!/bin/bash
# What `ams-mpi` takes by 1, 2 and 4 ranks against `ams` alone, in turns; every file has to be the serial one, to the byte.
# usage: mpi.sh BUILD_DIR OUT.tsv [ITEMS [TURNS [COMMAND...]]]
#   COMMAND: some of synth import check eval windows compare schedule stream links start; all of them by default
# A row has the median, least and most seconds of the turns, and the medians of the processor seconds of the first rank and
# of the mean other one. `start` is a job that does nothing.
set -euo pipefail
build=$(readlink -f "${1:?usage: mpi.sh BUILD_DIR OUT.tsv [ITEMS [TURNS [COMMAND...]]]}")
out=$(readlink -f "${2:?usage: mpi.sh BUILD_DIR OUT.tsv [ITEMS [TURNS [COMMAND...]]]}")
items=${3:-20000}
turns=${4:-5}
if [ $# -gt 4 ]; then shift 4; else set -- start synth import check eval windows compare schedule stream links; fi
ams=$build/ams
ams_mpi=$build/ams-mpi
export SOURCE_DATE_EPOCH=1700000000
# Containers run as root, and may have fewer processors than ranks.
export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1 OMPI_MCA_rmaps_base_oversubscribe=1
export PRTE_MCA_rmaps_default_mapping_policy=:oversubscribe
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
declare -A command=(
  [synth]="data synth --preset coco --items $items --seed 2 --run-times -o synth.h5"
  [import]="data import ../rows.jsonl --models ../rows-models.tsv --name mine -o import.h5"
  [check]="data check ../data.h5"
  [eval]="eval --data ../data.h5 --policy fixed --policy cooccur --policy ../exp/runs/dqn-1 --draws 10 --bootstrap 200 -o eval"
  [windows]="eval --data ../data.h5 --policy oracle --draws 10 --bootstrap 200 --memory $((items / 2000)) -o windows"
  [compare]="compare exp --data ../data.h5 --draws 5 --bootstrap 200"
  [schedule]="schedule deadline-memory --data ../data.h5 --deadline 20%,50% --memory 1x,2x --draws 3 --bootstrap 200 -o schedule"
  [stream]="stream --data ../exits.h5 --clients 2,4,8 --seeds 1-4 --jobs 4000 -o stream"
  [links]="links train --data ../data.h5 -o links.ams"
)

# What the commands read.
"$ams" data synth --preset coco --items "$items" --seed 5 --run-times --split 0.3,0.2,0.5 -o data.h5 > log
"$ams" data synth --preset exits --items 4000 --split 0.4,0.2,0.4 -o exits.h5 >> log
"$ams" data export data.h5 -o rows.jsonl --models rows-models.tsv >> log
"$ams" sweep --data data.h5 --agents dqn --seeds 1-2 -j 1 -o exp steps=500 warmup=200 batch=32 >> log 2>&1 ||
  { cat log; exit 1; }

# rank FILE COMMAND...: does it, and writes its processor seconds into FILE.RANK
cat > rank << 'END'
#!/bin/bash
TIMEFORMAT='%U %S'
{ time "${@:2}" > /dev/null 2> "$1.err"; } 2> "$1.${OMPI_COMM_WORLD_RANK:-${PMI_RANK:-0}}" || { cat "$1.err" >&2; exit 1; }
END
chmod +x rank

# measure WHAT RANKS: seconds, and processor seconds of the first and of the mean other rank, into times.tsv; RANKS 0 is `ams`
measure() {
  local begun ended words
  local folder=$1-$2
  rm -rf "$folder" cpu.*
  mkdir "$folder"
  [ "$1" != compare ] || cp -r exp "$folder/exp"
  words_of "$1"
  cd "$folder"
  begun=$(date +%s%N)
  if [ "$2" = 0 ]; then
    ../rank ../cpu "$ams" "${words[@]}"
  else
    mpirun -n "$2" ../rank ../cpu "$ams_mpi" "${words[@]}"
  fi
  ended=$(date +%s%N)
  cd ..
  sed 's/,/./g' cpu.[0-9]* | awk -v s="$(((ended - begun) / 1000))" -v what="$1" -v ranks="$2" '
    { cpu = $1 + $2; if (NR == 1) first = cpu; else others += cpu }
    END { printf "%s\t%d\t%.4f\t%.3f\t%.3f\n", what, ranks, s / 1e6, first, others / (NR > 1 ? NR - 1 : 1) }' >> times.tsv
  [ "$2" = 0 ] || diff -r --brief -x timing.tsv -x '*.log' "$1-0" "$folder" ||
    { echo "mpi.sh: $1 by $2 ranks: files differ from the serial program's" >&2; exit 1; }
}

# The words of a command, into `words`.
words_of() {
  words=(--version)
  [ "$1" = start ] || read -r -a words <<< "${command[$1]}"
}

# count_bytes WHAT: to and from the first of two ranks, into bytes.tsv
count_bytes() {
  local words
  words_of "$1"
  rm -rf counted mon.*
  mkdir counted
  [ "$1" != compare ] || cp -r exp counted/exp
  (cd counted && mpirun -n 2 --mca pml_monitoring_enable 2 --mca pml_monitoring_enable_output 3 \
    --mca pml_monitoring_filename "$work/mon" "$ams_mpi" "${words[@]}" > /dev/null 2>&1) || true
  if [ -e mon.0.prof ]; then
    awk -v what="$1" '$1 == "E" && $3 == 0 { to += $4; messages += $6 } $1 == "E" && $2 == 0 { from += $4 }
      END { printf "%s\t%d\t%d\t%d\n", what, to, messages, from }' mon.*.prof >> bytes.tsv
  fi
}

load() { cut -d' ' -f1-3 /proc/loadavg; }
before=$(load)
for ((turn = 1; turn <= turns; turn++)); do
  for what in "$@"; do
    for ranks in 0 1 2 4; do measure "$what" "$ranks"; done
  done
  echo "turn $turn of $turns: load $(load)" >&2
done
touch bytes.tsv
for what in "$@"; do count_bytes "$what"; done

{
  echo "# $(nproc) processors, $(sed -n 's/^model name.*: //p' /proc/cpuinfo | head -1); load before $before, after $(load)"
  echo "# $items items of 30 models; ranks 0: \`ams\`, with as many threads as processors; files equal in every turn"
  printf 'command\tranks\tturns\tmedian_s\tleast_s\tmost_s\tcpu_first_s\tcpu_other_s\tbytes_to_first\tmessages_to_first\tbytes_from_first\n'
  python3 - << 'END'
from statistics import median
rows = {}
with open("bytes.tsv") as stream:
    counted = {what: numbers for what, *numbers in (line.split() for line in stream)}
with open("times.tsv") as stream:
    for line in stream:
        what, ranks, *values = line.split("\t")
        rows.setdefault((what, ranks), []).append([float(x) for x in values])
for (what, ranks), turns in rows.items():
    wall, first, other = zip(*turns)
    seconds = [f"{x:.3f}" for x in (median(wall), min(wall), max(wall), median(first), median(other))]
    if ranks in "01":
        seconds[-1] = "-"  # there is no other one
    carried = counted.get(what, ["-"] * 3) if ranks == "2" else ["-"] * 3
    print(what, ranks, len(turns), *seconds, *carried, sep="\t")
END
} > "$out"
echo "$out: $(grep -c . times.tsv) jobs, all files equal" >&2
