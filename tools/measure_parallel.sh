#!/usr/bin/env bash
# What parallel training adds to computation, at 40M parameters, on a machine of two cores or more. A step of two processes with R rows and
# one thread each is set beside one of
#   the computation of a rank    one process, one thread, R rows: what a rank would take if the other were not there
#   the same cores               one process, two threads, 2 R rows: what the machine does without processes
# Prints seconds of a step by the clock, its CPU seconds in rank 0, what rank 0 waited and sent. The first step is left out.
# usage: tools/measure_parallel.sh BUILD_DIRECTORY [TOKENS OF A ROW] [ROWS OF A RANK] [ROUNDS] [STEPS] [MORE, as precision=bf16]
set -euo pipefail
program=$(realpath "$1")/bin/train_rank_program
row_tokens=${2:-512} rows=${3:-4} rounds=${4:-2} steps=${5:-5} more=${6:-}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export OMP_WAIT_POLICY=passive
"$program" "$work/store" "$work/s.tok" make_store=1 > /dev/null

# CPU seconds of a step of rank 0, from the first step's end to the last's.
cpu_of() { sed -nE 's/^step ([0-9]+)\/.* cpu ([0-9.]+)$/\1 \2/p' "$1" |
  awk 'NR==1 {s=$1; t=$2} {n=$1; u=$2} END {printf "%.3f", (u-t)/(n-s)}'; }
# Seconds of a step, from metrics.jsonl and its tokens; with processes also the share waited and the megabytes sent.
clock_of() { sed -nE 's/.*"tokens_per_second":([0-9.]+).*/\1/p' "$1" | tail -n +2 | awk -v n="$2" '{s+=n/$1} END {printf "%.3f", s/NR}'; }
waited_of() { sed -nE 's/.*"tokens_per_second":([0-9.]+).*"bytes_sent":([0-9]+),"waited_seconds":([0-9.e-]+).*/\1 \2 \3/p' "$1" |
  tail -n +2 | awk -v n="$2" '{s+=n/$1; b=$2; w+=$3} END {printf "waited %.1f %% of it, sent %.1f MB", 100*w/s, b/1e6}'; }

train() {  # NAME MODE-ARGUMENTS...: with the environment of a rank, or none
  "$program" "$work/$1" "$work/s.tok" size_40m=1 validation_tokens=1 "steps=$steps" "row_tokens=$row_tokens" $more "${@:2}"
}

alone() {  # NAME THREADS ROWS
  OMP_NUM_THREADS=$2 train "$1" "rows=$3" > "$work/$1.log"
}

together() {  # NAME MODE
  local port=$((20000 + RANDOM % 20000)) rank pids=()
  for rank in 1 0; do
    OMP_NUM_THREADS=1 RANK=$rank WORLD_SIZE=2 LOCAL_RANK=$rank LOCAL_WORLD_SIZE=2 MASTER_ADDR=127.0.0.1 MASTER_PORT=$port \
      train "$1" "rows=$((2 * rows))" "mode=$2" timeout=300 > "$work/$1-$rank.log" &
    pids+=($!)
  done
  wait "${pids[@]}"
}

beyond() { awk -v a="$1" -v b="$2" 'BEGIN {printf "%+.1f %%", 100*(a/b-1)}'; }

for round in $(seq "$rounds"); do
  alone "one-$round" 1 "$rows"
  one=$(clock_of "$work/one-$round/metrics.jsonl" $((rows * row_tokens))) one_cpu=$(cpu_of "$work/one-$round.log")
  alone "two-$round" 2 $((2 * rows))
  two=$(clock_of "$work/two-$round/metrics.jsonl" $((2 * rows * row_tokens)))
  echo "round $round: a rank's $((rows * row_tokens)) tokens alone, 1 thread: $one s, $one_cpu CPU s; $((2 * rows * row_tokens)) tokens in one process, 2 threads: $two s"
  for mode in ddp zero1 zero3; do
    together "$mode-$round" $mode
    step=$(clock_of "$work/$mode-$round/metrics.jsonl" $((2 * rows * row_tokens))) cpu=$(cpu_of "$work/$mode-$round-0.log")
    echo "  $mode, 2 processes: $step s ($(beyond "$step" "$one") beside a rank alone, $(beyond "$step" "$two") beside 2 threads), $cpu CPU s ($(beyond "$cpu" "$one_cpu")); $(waited_of "$work/$mode-$round/metrics.jsonl" $((2 * rows * row_tokens)))"
  done
done
