#!/bin/bash
# The scripts for Slurm, by a stub of sbatch and srun that knows what they may ask for.
# Arguments: the program, the source tree.
set -euo pipefail
ams=$1
source_dir=$2
# shellcheck source=tests/cli/common.sh
. "$(dirname "$(readlink -f "$0")")/common.sh"
scripts=$source_dir/experiments/slurm
mkdir bin
# sbatch [--OPTION=VALUE ...] SCRIPT ARGUMENT...: runs the script at once, each element of an array by itself.
cat > bin/sbatch <<'END'
#!/bin/bash
set -euo pipefail
declare -A asked=()
take() {
  case $1 in
    --job-name=*|--array=*|--nodes=*|--ntasks=*|--cpus-per-task=*|--time=*|--signal=*|--open-mode=*|--gres=*|--dependency=*)
      asked[${1%%=*}]=${1#*=} ;;
    *) echo "sbatch: unrecognized option $1" >&2; exit 1 ;;
  esac
}
line=()
while [ "${1#--}" != "$1" ]; do line+=("$1"); shift; done
script=$1
shift
while read -r option; do take "$option"; done < <(sed -nE 's/^#SBATCH +//p' "$script")
for option in "${line[@]}"; do take "$option"; done
number=$(($(cat number 2> /dev/null || echo 100) + 1))
echo "$number" > number
echo "$number ${line[*]} ${script##*/} $*" >> submitted
range=${asked[--array]:-}
export SLURM_JOB_ID=$number SLURM_SUBMIT_DIR=$PWD SLURM_CPUS_PER_TASK=${asked[--cpus-per-task]} STUB_TASKS=${asked[--ntasks]}
export SLURM_JOB_END_TIME=$(($(date +%s) + ${STUB_SECONDS:-3600}))
for ((i = ${range%-*} + 0; i <= ${range#*-} + 0; i++)); do
  if [ -n "$range" ]; then
    export SLURM_ARRAY_TASK_ID=$i SLURM_ARRAY_TASK_COUNT=$((${range#*-} - ${range%-*} + 1)) SLURM_ARRAY_TASK_MIN=${range%-*}
  fi
  bash "$script" "$@" > "slurm-$number-$i.out" 2>&1 || echo "$?" > "code-$number-$i" &
done
wait
END
# srun [--mpi=...] PROGRAM ...: since 22.05 a task has the processors of SRUN_CPUS_PER_TASK, or one.
cat > bin/srun <<'END'
#!/bin/bash
echo "${SRUN_CPUS_PER_TASK:-1}" >> processors
export SLURM_CPUS_PER_TASK=${SRUN_CPUS_PER_TASK:-1}
if [ "${1#--mpi=}" != "$1" ]; then echo "srun $1 of $STUB_TASKS tasks" >> started; shift; fi
exec "$@"
END
printf '#!/bin/bash\necho "$*" >> started\n' > bin/note
chmod +x bin/*
export PATH=$PWD/bin:$PATH AMS=$ams AMS_SLURM=$scripts
photos=$source_dir/data/photos-60.h5
tiny=(batch=8 hidden=8 replay=200 warmup=20 log_every=20 validate_every=40 checkpoint_every=20 refine_items=1)

# An array shares a sweep.
sbatch --array=1-3 "$scripts/sweep_array.sh" --data "$photos" --seeds 1-4 "${tiny[@]}" steps=40 -o shared
if compgen -G 'code-101-*' > /dev/null; then fail "$(cat slurm-101-*)"; fi
grep -q '^shared: 4 of 4 runs finished' slurm-101-2.out || fail "$(cat slurm-101-2.out)"
[ "$(find shared/claims -name 'dqn-*.done' | wc -l)" = 4 ] || fail "$(ls shared/claims)"

# A job that ends before the sweep submits itself again, until it is done: the first has half a second.
cat > bin/short <<'END'
#!/bin/bash
until=()
[ "$SLURM_JOB_ID" -gt 102 ] || until=(--until 0.5s)
exec "$REAL" "$@" "${until[@]}"
END
chmod +x bin/short
REAL=$ams AMS=$PWD/bin/short sbatch "$scripts/resubmit.sh" --data "$photos" --seeds 1-2 "${tiny[@]}" steps=3000 -o again
grep -q '^103 --dependency=afterany:102 resubmit.sh --data' submitted || fail "not submitted again: $(cat submitted)"
[ "$(cat code-102-0)" = 75 ] || fail "the first job: $(cat slurm-102-0.out)"
[ "$(tail -n 1 submitted | cut -d' ' -f1)" = 103 ] || fail "submitted too often: $(cat submitted)"
grep -q '^again: 2 of 2 runs finished' slurm-103-0.out || fail "$(cat slurm-103-0.out)"

# What the other two start.
AMS_MPI=$PWD/bin/note AMS_COMMAND="schedule deadline" sbatch --ntasks=8 "$scripts/mpi_eval.sh" --data x.h5
AMS=$PWD/bin/note sbatch --array=1-2 "$scripts/gpu_array.sh" --data x.h5 -o exp
diff started - << 'END' || fail "what was started"
srun --mpi=pmix of 8 tasks
schedule deadline --data x.h5
sweep --join --device cuda -j 32 --data x.h5 -o exp
sweep --join --device cuda -j 32 --data x.h5 -o exp
END
[ "$(sort -u processors)" = 4 ] || fail "processors of a task: $(sort processors | uniq -c)"
# An option that Slurm has not is found.
sed 's/^#SBATCH --time/#SBATCH --tiem/' "$scripts/mpi_eval.sh" > wrong.sh
expect 1 "unrecognized option --tiem" sbatch wrong.sh
