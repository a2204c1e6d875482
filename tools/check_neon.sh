#!/usr/bin/env bash
# Compiles the residual kernels and their tests for 64-bit Arm and runs them under emulation: NEON against the scalar reference, bit
# for bit. Needs Debian's g++-aarch64-linux-gnu and qemu-user-static; Arm builds of the libraries are unpacked below build/neon.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
work=$PWD/build/neon
for tool in aarch64-linux-gnu-g++ qemu-aarch64-static; do
  command -v "$tool" >/dev/null || { echo "error: $tool is missing: apt install g++-aarch64-linux-gnu qemu-user-static" >&2; exit 1; }
done

root=$work/root
if [[ ! -d $root ]]; then
  mkdir -p "$work/lists/partial" "$work/packages"
  options=(-oAPT::Architecture=arm64 -oAPT::Architectures=arm64 -oDir::State::Lists="$work/lists")
  apt-get "${options[@]}" update -q
  (cd "$work/packages" && apt-get "${options[@]}" download libhwy1 libhwy-dev libfmt9 libfmt-dev libgtest-dev)
  for package in "$work"/packages/*.deb; do dpkg -x "$package" "$root"; done
fi

sources=(evergreen/residual/residual_kernel.cpp evergreen/residual/residual_reference.cpp evergreen/checkpoint/dtype.cpp
         evergreen/base/random.cpp evergreen/base/error.cpp evergreen/base/nearest.cpp
         tests/residual/residual_kernel_test.cpp tests/residual/kernel_target_test.cpp)
objects=()
for source in "${sources[@]}"; do
  object=$work/$(basename "$source" .cpp).o
  aarch64-linux-gnu-g++ -std=c++20 -O2 -Wall -Wextra -Werror -ffp-contract=off -fno-math-errno -DHWY_SHARED_DEFINE \
    "-DEVERGREEN_TEST_DATA=\"$PWD/tests\"" -I. -isystem "$root/usr/include" -c "$source" -o "$object"
  objects+=("$object")
done
libraries=$root/usr/lib/aarch64-linux-gnu
aarch64-linux-gnu-g++ "${objects[@]}" -L"$libraries" -lgtest_main -lgtest -lhwy -lfmt -Wl,--allow-shlib-undefined -o "$work/kernel_test"
qemu-aarch64-static -L /usr/aarch64-linux-gnu -E LD_LIBRARY_PATH="$libraries" "$work/kernel_test" "$@"
