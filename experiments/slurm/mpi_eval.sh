#!/bin/bash
# An evaluation by ranks of MPI: one per task, each with its processors as threads. The files are those of `ams eval`, to the byte.
#   sbatch experiments/slurm/mpi_eval.sh --data big.h5 --policy runs/first --policy fixed -o results/big
# Other commands: AMS_COMMAND=compare, "schedule deadline", stream, "data synth", "data import".
#SBATCH --job-name=ams-mpi
#SBATCH --ntasks=16
#SBATCH --cpus-per-task=4
#SBATCH --time=01:00:00
set -euo pipefail
# Since Slurm 22.05 srun does not take over --cpus-per-task of sbatch.
export SRUN_CPUS_PER_TASK="${SLURM_CPUS_PER_TASK:-1}"
read -r -a command <<< "${AMS_COMMAND:-eval}"
exec srun --mpi="${AMS_PMI:-pmix}" "${AMS_MPI:-ams-mpi}" "${command[@]}" "$@"
