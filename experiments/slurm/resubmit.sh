#!/bin/bash
# A sweep by one job after the other, until it is done: exit code 75 says that something is left, and the job submits itself again.
#   sbatch experiments/slurm/resubmit.sh --data data/photos.h5 --seeds 1-20 -o exp/big
# Any other code ends it: 0 all done, or that of the first run that failed.
#SBATCH --job-name=ams-resubmit
#SBATCH --nodes=1
#SBATCH --ntasks=1
#SBATCH --cpus-per-task=4
#SBATCH --time=02:00:00
#SBATCH --signal=USR1@120
#SBATCH --open-mode=append
set -euo pipefail
# Since Slurm 22.05 srun does not take over --cpus-per-task of sbatch.
export SRUN_CPUS_PER_TASK="${SLURM_CPUS_PER_TASK:-1}"
script=${AMS_SLURM:-$SLURM_SUBMIT_DIR/experiments/slurm}/resubmit.sh
code=0
srun "${AMS:-ams}" sweep --join "$@" || code=$?
if [ "$code" = 75 ]; then
  sbatch "--dependency=afterany:$SLURM_JOB_ID" "$script" "$@"
fi
exit "$code"
