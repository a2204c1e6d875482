#!/usr/bin/env bash
# What parallel training adds to computation, at 40M parameters: CPU seconds of a step of one process alone and of one of two
# processes with as many rows each, one thread a process, in turn; and the share of the step that rank 0 waited.
# usage: tools/measure_parallel.sh BUILD_DIRECTORY [TOKENS OF A ROW] [ROWS OF A RANK] [ROUNDS]
set -euo pipefail
program=$(realpath "$1")/bin/train_rank_program
row_tokens=${2:-512} rows=${3:-4} rounds=${4:-2}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export OMP_NUM_THREADS=1 OMP_WAIT_POLICY=passive
"$program" "$work/store" "$work/s.tok" make_store=1 > /dev/null

# CPU seconds of a step of rank 0, from the first step's end to the last's.
per_step() { sed -nE 's/^step ([0-9]+)\/.* cpu ([0-9.]+)$/\1 \2/p' "$1" |
  awk 'NR==1 {s=$1; t=$2} {n=$1; u=$2} END {printf "%.3f", (u-t)/(n-s)}'; }

alone() {
  "$program" "$work/alone-$1" "$work/s.tok" size_40m=1 steps=5 "rows=$rows" "row_tokens=$row_tokens" > "$work/alone.log"
  per_step "$work/alone.log"
}

together() {  # MODE ROUND
  local port=$((20000 + RANDOM % 20000)) rank pids=()
  for rank in 1 0; do
    RANK=$rank WORLD_SIZE=2 LOCAL_RANK=$rank LOCAL_WORLD_SIZE=2 MASTER_ADDR=127.0.0.1 MASTER_PORT=$port \
      "$program" "$work/$1-$2" "$work/s.tok" size_40m=1 steps=5 "rows=$((2 * rows))" "row_tokens=$row_tokens" "mode=$1" timeout=300 > "$work/$1-$rank.log" &
    pids+=($!)
  done
  wait "${pids[@]}"
  per_step "$work/$1-0.log"
}

for round in $(seq "$rounds"); do
  one=$(alone "$round")
  echo "round $round: one process $one CPU s a step of $((rows * row_tokens)) tokens"
  for mode in ddp zero1 zero3; do
    two=$(together $mode "$round")
    waited=$(sed -nE 's/.*"tokens":([0-9]+).*"tokens_per_second":([0-9.]+).*"bytes_sent":([0-9]+),"waited_seconds":([0-9.]+).*/\1 \2 \3 \4/p' \
      "$work/$mode-$round/metrics.jsonl" | tail -3 | awk -v n="$((2 * rows * row_tokens))" '{s+=n/$2; w+=$4; b=$3} END {printf "waited %.1f %% of the step, %.1f MB sent", 100*w/s, b/1e6}')
    echo "  $mode, 2 ranks: $two CPU s a rank, $(awk -v a="$two" -v b="$one" 'BEGIN {printf "%+.1f", 100*(a/b-1)}') %; $waited"
  done
done
