# shellcheck shell=bash
# SPDX-License-Identifier: BSD-3-Clause
# The settings of your site: the one file to edit. The job scripts read it when they run. The first block is for sbatch, so source
# the file before you submit:
#
#   . jobs/site.sh
#   sbatch jobs/train.sbatch ...

# Where jobs run. sbatch uses these if -p, -A and -q are not on its command line; in a running job they have no effect.
# export SBATCH_PARTITION=standard
# export SBATCH_ACCOUNT=project123
# export SBATCH_QOS=normal

# The modules that elbow was built with, and where it is, if not in the PATH or beside this folder (build/release).
# module load openmpi openblas hdf5
# export ELBOW=$HOME/elbow/bin/elbow

# The launcher of the ranks: mpirun, which gets nodes and ranks from Slurm, or srun, if Open MPI was built for Slurm's PMIx
# (`srun --mpi=list` must name pmix). Add the options that your site needs, such as --bind-to core or --cpu-bind=cores.
# --kill-on-bad-exit: without it, srun leaves the other ranks waiting when one has died.
export ELBOW_LAUNCHER="${ELBOW_LAUNCHER:-mpirun}"
# export ELBOW_LAUNCHER="${ELBOW_LAUNCHER:-srun --mpi=pmix --kill-on-bad-exit=1}"

# How often a job may be started again, by itself or by Slurm, before somebody has to look at it.
export ELBOW_MAX_RESTARTS="${ELBOW_MAX_RESTARTS:-50}"
