#!/usr/bin/env bash
# Completes an unpacked release: fetches LibTorch and Arrow, pinned by hash, into lib/evergreen. A second run fetches nothing.
set -euo pipefail
cd "$(dirname "$(realpath "${BASH_SOURCE[0]}")")"
say() { printf '==> %s\n' "$*" >&2; }
die() { printf 'error: %s\n' "$*" >&2; exit 1; }
usage="usage: ./setup          LibTorch for CPUs and Arrow, which reads Parquet
       ./setup --gpu    LibTorch's libraries for GPUs too (2 GB of wheels)"
case ${1:-} in
  "" | --gpu) ;;
  -h | --help) echo "$usage"; exit 0 ;;
  *) echo "$usage" >&2; exit 2 ;;
esac
command -v unzip > /dev/null && python3 -m pip --version > /dev/null 2>&1 ||
  die "pip and unzip are needed to fetch wheels. As root: apt-get install python3-pip unzip"
. share/evergreen/wheels.sh
keep=1  # the folder holds other libraries too
install_wheels lib/evergreen "$torch_wheels" "LibTorch (pinned wheels, 545 MB)" "${torch_parts[@]}"
install_wheels lib/evergreen "$arrow_wheels" "Arrow (pinned wheel, 55 MB)" "${arrow_parts[@]}"
if [ "${1:-}" = --gpu ]; then
  install_wheels lib/evergreen "$gpu_wheels" "LibTorch's libraries for GPUs (pinned wheels, 2 GB)" "${gpu_parts[@]}"
fi
say "complete: bin/evergreen demo"
