#!/bin/bash
# What claims and the line between ranks cost on this machine, for simulate.py; and real joins to compare it with.
# usage: measure.sh BUILD_DIR CONSTANTS.tsv [TURNS [FOLDER]]     FOLDER: on the file system to measure (default: $TMPDIR or /tmp)
# Each row is the median of TURNS turns (5); those of the line between ranks, which a clock measured, the best of them, since
# what else the machine does only adds to them.
set -euo pipefail
build=$(readlink -f "${1:?usage: measure.sh BUILD_DIR CONSTANTS.tsv [TURNS [FOLDER]]}")
out=$(readlink -f "${2:?usage: measure.sh BUILD_DIR CONSTANTS.tsv [TURNS [FOLDER]]}")
source_dir=$(readlink -f "$(dirname "$(readlink -f "$0")")/../..")
turns=${3:-5}
work=$(mktemp -d ${4:+-p "$4"})
trap 'rm -rf "$work"' EXIT
cd "$work"
export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1 OMPI_MCA_rmaps_base_oversubscribe=1
export PRTE_MCA_rmaps_default_mapping_policy=:oversubscribe
load() { cut -d' ' -f1-3 /proc/loadavg; }
before=$(load)
claims=$build/tests/lab/bench_claims
for ((turn = 1; turn <= turns; turn++)); do
  "$claims" "costs-$turn" costs 2000
  for joiners in 4 16; do "$claims" "join-$joiners-$turn" join "$joiners" 200 0.01; done
  mpirun -n 2 --bind-to none "$build/tests/mpi/bench_line" | tail -n +2
  # The process, data, checkpoint and policy of a run.
  TIMEFORMAT='%U %S'
  { time "$build/ams" train --data "$source_dir/data/photos.h5" -o "run-$turn" steps=1 warmup=1 batch=1 log_every=1 validate_every=1 \
    > log 2>&1 || { cat log >&2; exit 1; }; } 2> cpu
  awk '{ printf "run\t1\t%.0f\tus of processor time, of a run without updates\n", ($1 + $2) * 1e6 }' cpu
  echo "turn $turn of $turns: load $(load)" >&2
done > turns.tsv
{
  echo "# $(nproc) processors, $(sed -n 's/^model name.*: //p' /proc/cpuinfo | head -1), $(stat -f -c %T .); load before $before, after $(load)"
  echo "# medians of $turns turns; of errand, bytes and allreduce the best"
  printf 'what\tn\tvalue\tunit\n'
  python3 - << 'END'
from statistics import median
rows = {}
with open("turns.tsv") as stream:
    for line in stream:
        what, n, value, unit = line.rstrip("\n").split("\t")
        rows.setdefault((what, n, unit), []).append(float(value))
best = {"errand": min, "allreduce": min, "bytes": max}
for (what, n, unit), values in rows.items():
    print(what, n, f"{best.get(what, median)(values):.5g}", unit, sep="\t")
END
} > "$out"
