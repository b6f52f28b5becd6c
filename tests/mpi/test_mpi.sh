#!/bin/bash
# ams-mpi: by 1, 2 and 4 ranks of MPI the files of `ams`, to the byte; ranks that have nothing to do; a rank that is killed, and
# one that fails.
# MPI starts three times, since a start takes seconds: each job does a script of commands. No start may take more than a minute.
# Arguments: `ams`, `ams-mpi`. Skipped (77) where MPI is not there.
set -euo pipefail
ams=$1
ams_mpi=$2
if [ ! -x "$ams_mpi" ]; then
  echo "skipped: $ams_mpi was not built; it needs libopenmpi-dev"
  exit 77
fi
if ! command -v mpirun > /dev/null; then
  echo "skipped: no mpirun; it is in openmpi-bin"
  exit 77
fi
# shellcheck source=tests/cli/common.sh
. "$(dirname "$(readlink -f "$0")")/../cli/common.sh"
export SOURCE_DATE_EPOCH=1700000000
# Containers run as root, and their two processors are fewer than four ranks.
export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1 OMPI_MCA_rmaps_base_oversubscribe=1
export PRTE_MCA_rmaps_default_mapping_policy=:oversubscribe

# Only one of the two programs knows MPI.
! ldd "$ams" | grep 'libmpi' > /dev/null || fail "$ams is linked to MPI"
ldd "$ams_mpi" | grep 'libmpi' > /dev/null || fail "$ams_mpi is not linked to MPI"

# What all of them read: a workload, its rows, one of stages, two small runs.
"$ams" data synth --preset coco --items 700 --seed 5 --run-times --split 0.3,0.2,0.5 -o data.h5 > /dev/null
"$ams" data synth --preset exits --items 600 --split 0.4,0.2,0.4 -o exits.h5 > /dev/null
"$ams" data export data.h5 -o rows.jsonl --models rows-models.tsv > /dev/null
"$ams" sweep --data data.h5 --agents dqn --seeds 1-2 -j 1 -o exp steps=60 warmup=50 batch=16 hidden=16 replay=1000 \
  log_every=20 validate_every=20 checkpoint_every=60 > sweep.txt 2>&1 || fail "$(cat sweep.txt)"

# Commands, as they stand in a script; each kind of work that ranks share. 300 items are one errand: most ranks have none.
cat > commands << 'END'
data synth --preset coco --items 1500 --seed 2 --run-times -o synth.h5
data synth --preset plain --items 300 -o few.h5
data import ../rows.jsonl --models ../rows-models.tsv --name mine -o import.h5
data check synth.h5
eval --data ../data.h5 --policy fixed --policy knn --policy oracle --policy ../exp/runs/dqn-1 --draws 10 --bootstrap 100 -o eval
eval --data synth.h5 --policy fixed --policy oracle --draws 3 --bootstrap 50 --memory 5 -o windows
compare exp --data ../data.h5 --draws 5 --bootstrap 100
schedule deadline --data ../data.h5 --policy ../exp/runs/dqn-1 --deadline 20%,50% --draws 4 --bootstrap 100 -o schedule
schedule deadline-memory --data ../data.h5 --deadline 30% --memory 1x,2x --draws 3 --bootstrap 100 -o memory
stream --data ../exits.h5 --clients 2,4 --scheduler edf-full,static:2,threshold --seeds 1-2 --jobs 300 --warmup 50 -o stream
links train --data ../data.h5 -o links.ams
END

# in_folder FOLDER COMMAND...: there, with a copy of the runs
in_folder() {
  local folder=$1
  shift
  mkdir -p "$folder"
  [ -d "$folder/exp" ] || cp -r exp "$folder/exp"
  (cd "$folder" && "$@")
}
serial() {
  local words
  while read -r -a words; do
    "$ams" "${words[@]}" > /dev/null 2> err.txt || fail "${words[*]}: $(cat err.txt)"
    rm err.txt
  done < ../commands
}
in_folder serial serial

# same FOLDER: every file is the serial one's, but for times that were measured
same() {
  diff -r --brief -x timing.tsv -x out.txt -x err.txt serial "$1" || fail "files of $1 differ from the serial program's"
}

# rank COMMAND...: notes its process and the processors that it may use, as pid.FOLDER.RANK and cores.FOLDER.RANK
cat > rank << 'END'
#!/bin/bash
me=${PWD##*/}.${OMPI_COMM_WORLD_RANK:-${PMI_RANK:-0}}
nproc > "../cores.$me"
echo "$$" > "../pid.$me"
exec "$@"
END
chmod +x rank

# One rank, as MPI starts it: where it is bound to fewer processors than there are, the program says so, and nothing else.
in_folder one timeout 60 mpirun -n 1 ../rank "$ams_mpi" --script ../commands > one.out 2> one.err || fail "one rank: exit $?: $(tail -5 one.err)"
bound=0
[ "$(cat cores.one.0)" = "$(nproc)" ] || bound=1
[ "$(grep -c '^ams-mpi: each of the 1 ranks on this machine is bound to .*--bind-to none' one.err)" = $bound ] ||
  fail "$(cat cores.one.0) of $(nproc) processors: $(cat one.err)"
[ "$(grep -c '^ams-mpi' one.err)" = $bound ] || fail "one rank complains: $(cat one.err)"
same one

# Two ranks, of which one is killed in the last command: the job ends, and that command leaves nothing.
cp commands long
echo 'eval --data ../data.h5 --policy random --draws 1000000 -o killed' >> long
mkdir two
cp -r exp two/exp
(cd two && exec timeout 60 mpirun -n 2 --bind-to none ../rank "$ams_mpi" --script ../long) > two.out 2> two.err &
job=$!
while [ ! -e two/links.ams ]; do
  kill -0 $job 2> /dev/null || fail "two ranks ended: $(tail -5 two.err)"
  sleep 0.05
done
sleep 0.5
kill -KILL "$(cat pid.two.1)"
found=0
wait $job || found=$?
if [ $found = 0 ] || [ $found = 124 ]; then fail "a rank was killed: exit $found: $(cat two.err)"; fi
[ "$(grep -c 'rank 1 .*signal 9' two.err)" = 1 ] || fail "expected one message of the killed rank: $(cat two.err)"
! grep '^ams-mpi' two.err || fail "two ranks complain"
[ ! -e two/killed ] || fail "a command of which a rank was killed left files: $(ls two/killed)"
for ((i = 0; i < 100; i++)); do # whose parent has ended, and which is perhaps not yet taken down
  grep -q '^State:\s*[^ZX]' "/proc/$(cat pid.two.0)/status" 2> /dev/null || break
  sleep 0.1
done
[ $i -lt 100 ] || fail "the other rank lives on"
same two

for out in one.out two.out; do # one rank prints, and what it prints is what one process prints
  [ "$(grep -c '^synth.h5: content hash' $out)" = 1 ] || fail "$out: printed more or less than once: $(cat $out)"
done

# Four ranks, of which the last is then given a file that is not there: one message, its code, and no rank waits for ever.
cp commands broken
echo 'eval --data ../data.h5 --policy fixed -o bad' >> commands
echo 'eval --data ../none.h5 --policy fixed -o bad' >> broken
mkdir four
cp -r exp four/exp
found=0
(cd four && timeout 60 mpirun -n 3 --bind-to none "$ams_mpi" --script ../commands : -n 1 "$ams_mpi" --script ../broken) > four.out 2> four.err || found=$?
[ $found = 3 ] || fail "a rank without its file: exit $found: $(cat four.err)"
[ "$(grep -c '^ams-mpi' four.err)" = 1 ] || fail "expected one message: $(cat four.err)"
grep -q '^ams-mpi eval: process 3 of 4: .*none.h5' four.err || fail "no message of rank 3: $(cat four.err)"
[ ! -e four/bad ] || fail "a command that failed left files: $(ls four/bad)"
same four
