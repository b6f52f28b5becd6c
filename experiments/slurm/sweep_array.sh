#!/bin/bash
# A sweep by an array of jobs, which share its runs: start as many elements as you like, and more later.
#   sbatch experiments/slurm/sweep_array.sh --data data/photos.h5 --seeds 1-20 -o exp/big
#   sbatch --array=1-32 --time=08:00:00 experiments/slurm/sweep_array.sh ...     (options of sbatch win)
# Two minutes before its end each element writes checkpoints and ends with 75 where something is left.
#SBATCH --job-name=ams-sweep
#SBATCH --array=1-8
#SBATCH --nodes=1
#SBATCH --ntasks=1
#SBATCH --cpus-per-task=4
#SBATCH --time=02:00:00
#SBATCH --signal=USR1@120
#SBATCH --open-mode=append
set -euo pipefail
# Since Slurm 22.05 srun does not take over --cpus-per-task of sbatch.
export SRUN_CPUS_PER_TASK="${SLURM_CPUS_PER_TASK:-1}"
exec srun "${AMS:-ams}" sweep --join "$@"
