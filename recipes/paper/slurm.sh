#!/bin/bash
# Several processes on one study: each takes the next step that is free. One job a node; a job that is killed or runs out of time
# is put back into the queue, and whoever comes next goes on with its step.
#
#   sbatch recipes/paper/slurm.sh PLAN DIRECTORY [--set cpt.learning-rate=... ...]
#
#SBATCH --job-name=evergreen-study
#SBATCH --array=1-4
#SBATCH --nodes=1
#SBATCH --ntasks=1
#SBATCH --exclusive
#SBATCH --requeue
#SBATCH --signal=B:USR1@300
set -euo pipefail
plan=$1 directory=$2
shift 2
# SIGUSR1 five minutes before the end: the state is saved, and exit status 130 asks for another go.
"${EVERGREEN:-evergreen}" study run "$plan" --out "$directory" "$@" &
program=$!
trap 'kill -USR1 $program' USR1
status=0
wait $program || status=$?
while kill -0 $program 2>/dev/null; do status=0; wait $program || status=$?; done
if [ "$status" -eq 130 ]; then scontrol requeue "$SLURM_JOB_ID"; fi
exit "$status"
