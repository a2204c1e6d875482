#!/bin/bash
# One node of 8 GPUs: eight processes on one study, one GPU each; each takes the next step that is free. `study run` trains and evaluates on
# CPUs (`train` and `update` take --device, the study does not yet): until it does CUDA_VISIBLE_DEVICES changes nothing, and one process with
# all cores is the better choice.
#
#   recipes/paper/node.sh PLAN DIRECTORY [--set cpt.learning-rate=... ...]
set -euo pipefail
plan=$1 directory=$2
shift 2
cores=$(($(nproc) / 8))
for gpu in 0 1 2 3 4 5 6 7; do
  CUDA_VISIBLE_DEVICES=$gpu "${EVERGREEN:-evergreen}" study run "$plan" --out "$directory" --threads $((cores > 0 ? cores : 1)) "$@" &
done
status=0
for job in $(jobs -p); do wait "$job" || status=$?; done
exit $status
