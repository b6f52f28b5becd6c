#!/bin/bash
# The front door: help, messages and exit codes, pipes, list, doctor, plot.
set -uo pipefail
ams=$1
fixtures=$2
# shellcheck source=tests/cli/common.sh
. "$(dirname "$(readlink -f "$0")")/common.sh"
work=$PWD
program() { # exit code, text, arguments
  expect_output "$1" "$2" "$ams" "${@:3}"
}

# -- help --
program 0 "ams $("$ams" --version | cut -d' ' -f2)" --version
program 0 "Usage: ams COMMAND" --help
program 0 "Usage: ams COMMAND" help
program 1 "Usage: ams COMMAND"
program 0 "data import" help data
mapfile -t commands < <("$ams" help | sed -n '/^Commands:/,/^$/s/^  \([a-z -]*[a-z]\)   *.*/\1/p')
[ "${#commands[@]}" -ge 25 ] || fail "ams help lists ${#commands[@]} commands"
[[ " ${commands[*]} " == *" schedule deadline-memory "* ]] || fail "ams help lists no schedule deadline-memory"
"$ams" help | sed -n '/^Commands:/,/^$/p' > "$work/overview.txt"
[ "$(grep -oE '^  [a-z][a-z -]*  ' "$work/overview.txt" | awk '{ print length }' | sort -u | wc -l)" = 1 ] ||
  fail "the summaries of ams help do not begin at one column"
program 0 "       ams train --resume RUN" help train
for command in "${commands[@]}"; do
  read -ra words <<< "$command"
  program 0 "Usage: ams $command" help "${words[@]}"
  by_help=$output
  program 0 "Usage: ams $command" "${words[@]}" --help
  [ "$output" = "$by_help" ] || fail "ams $command --help differs from ams help $command"
  program 1 "ams $command: unknown option --no-such-option" "${words[@]}" --no-such-option
  too_long=$(awk 'length > 90' <<< "$by_help")
  [ -z "$too_long" ] || fail "ams help $command: a line over 90 columns: $too_long"
done

# -- messages --
program 1 "did you mean plot?" plto
program 1 "did you mean data import?" data imprt
program 1 "unknown command xyzzy" xyzzy
program 1 "needs a second word" data
program 1 "did you mean --format?" plot --formt svg
program 1 "--format needs a value" plot x --format
program 1 "found option --what" plot x --format --what learning
program 1 "takes no value" list --json=yes

# -- pipes --
codes=$(
  "$ams" list 2> "$work/stderr" | head -n 1 > /dev/null
  echo "${PIPESTATUS[0]}"
)
[ "$codes" = 0 ] || [ "$codes" = 141 ] || fail "ams list | head: exit code $codes"
[ ! -s "$work/stderr" ] || fail "ams list | head: $(cat "$work/stderr")"
if [ -w /dev/full ]; then
  "$ams" list > /dev/full 2> "$work/stderr"
  [ $? = 3 ] || fail "ams list > /dev/full did not end with 3"
  grep -q "standard output" "$work/stderr" || fail "/dev/full: $(cat "$work/stderr")"
fi

# -- list, doctor --
program 0 "dqn" list agents
program 0 "oracle" list policies
program 0 "default 0.0005" list keys
program 0 '"name": "random"' list policies --json
program 1 "expected agents, policies or keys" list agent
program 0 "HDF5" doctor
program 0 "CUDA      " doctor
program 0 '"kernels": ' doctor --json
program 1 "takes options only" doctor now
program 0 "job       none: one process; cores for it: " doctor
program 0 '"locks": true' doctor --json
OMPI_COMM_WORLD_RANK=1 OMPI_COMM_WORLD_SIZE=8 OMPI_COMM_WORLD_LOCAL_SIZE=4 program 0 "job       Open MPI: rank 1 of 8, 4 on this machine; cores per rank: " doctor
PMI_RANK=2 PMI_SIZE=3 program 0 "job       PMI: rank 2 of 3; cores per rank: " doctor
SLURM_PROCID=5 SLURM_NTASKS=6 program 0 "job       Slurm: rank 5 of 6; cores per rank: " doctor

# -- plot --
draws=yes
command -v gnuplot > /dev/null || draws=no
if [ $draws = yes ]; then
  program 0 "$work/eval/required-time.svg" plot "$fixtures/eval" -o "$work/eval"
  for name in recall-time recall-models required-time; do
    for ending in tsv gp svg png; do
      [ -s "$work/eval/$name.$ending" ] || fail "no $name.$ending"
    done
  done
  [ ! -e "$work/eval/learning.tsv" ] || fail "an evaluation has no learning curve"
  (cd "$work/eval" && rm recall-time.svg && gnuplot recall-time.gp && [ -s recall-time.svg ]) ||
    fail "recall-time.gp does not draw again by hand"
  # Curves stand in the order of their mean height, `valuable` only over the required recall.
  order=$(tail -n +2 "$work/eval/recall-time.tsv" | cut -f1 | uniq | tr '\n' ' ')
  [ "$order" = "oracle cost-q double dueling dqn sarsa optimal fixed random all " ] ||
    fail "order of curves: $order"
  [ "$(grep -c ^valuable "$work/eval/required-time.tsv")" = 10 ] || fail "valuable is not level"

  program 0 "$work/runs/learning.pdf" plot "$fixtures"/runs/* -o "$work/runs" --format pdf
  grep -q "^dqn-0	dqn (3 seeds)	" "$work/runs/learning.tsv" || fail "seeds have no common legend"
  [ ! -e "$work/runs/learning.svg" ] || fail "--format pdf wrote an SVG too"

  mkdir "$work/a" "$work/b"
  cp "$fixtures"/eval/*.tsv "$work/a"
  cp "$fixtures"/eval/*.tsv "$work/b"
  program 0 "required-time" plot "$work/a" "$work/b" --what required-time --format svg
  grep -q "^dqn (b)	" "$work/a/plots/required-time.tsv" || fail "clashing labels have no folder"
fi
program 1 "expected some of recall-time" plot "$fixtures/eval" --what recall
"$ams" help plot > "$work/help.txt"
for name in $("$ams" plot "$fixtures/eval" --what recall 2>&1 | sed 's/.*some of //; s/,//g'); do
  grep -q "^  $name  " "$work/help.txt" || fail "ams help plot does not name the figure $name"
done
program 2 "no folder has data for learning" plot "$fixtures/eval" --what learning -o "$work/none"
mkdir "$work/nothing"
program 2 "has none of curves.tsv" plot "$work/nothing"
program 3 "no such folder" plot "$work/missing"
program 1 "expected a folder" plot
mkdir "$work/bad"
printf 'policy\tx_kind\tx\trecall\tci_low\n' > "$work/bad/curves.tsv"
program 2 "ci_high" plot "$work/bad"
mkdir "$work/young"
printf 'update\tloss\tvalidation_time_ms\n500\t0.1\t-\n' > "$work/young/metrics.tsv"
[ $draws = no ] || program 0 learning.png plot "$work/young"
printf 'update\tloss\tvalidation_time_ms\n' > "$work/young/metrics.tsv"
program 2 "no rows to draw yet" plot "$work/young"

# Without gnuplot data and scripts are still written.
mkdir "$work/bin"
output=$(PATH=$work/bin "$ams" plot "$fixtures/eval" -o "$work/no" 2>&1)
[ $? = 4 ] || fail "plot without gnuplot did not end with 4"
grep -q "apt-get install gnuplot-nox" <<< "$output" || fail "plot without gnuplot: $output"
for ending in tsv gp; do
  [ -s "$work/no/required-time.$ending" ] || fail "plot without gnuplot wrote no $ending"
done
output=$(PATH=$work/bin "$ams" doctor 2>&1)
grep -q "gnuplot   not found" <<< "$output" || fail "doctor without gnuplot: $output"

