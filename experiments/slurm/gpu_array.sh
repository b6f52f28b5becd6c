#!/bin/bash
# A sweep on GPUs: each element of the array has one, trains runs together on it, and shares the sweep with the others.
#   sbatch experiments/slurm/gpu_array.sh --data data/photos.h5 --seeds 1-200 batch=512 -o exp/gpu
# With --gres=gpu:4 an element has four, and uses all of them.
# -j says how many runs an element takes at a time, so that enough are left for the others.
#SBATCH --job-name=ams-gpu
#SBATCH --array=1-4
#SBATCH --nodes=1
#SBATCH --ntasks=1
#SBATCH --cpus-per-task=4
#SBATCH --gres=gpu:1
#SBATCH --time=02:00:00
#SBATCH --signal=USR1@120
#SBATCH --open-mode=append
set -euo pipefail
# Since Slurm 22.05 srun does not take over --cpus-per-task of sbatch.
export SRUN_CPUS_PER_TASK="${SLURM_CPUS_PER_TASK:-1}"
exec srun "${AMS:-ams}" sweep --join --device cuda -j "${AMS_TOGETHER:-32}" "$@"
