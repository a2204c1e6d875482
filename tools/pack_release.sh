#!/usr/bin/env bash
# pack_release.sh BUILD OUT: packs what BUILD (a finished build of this folder) installs into
#
#   OUT/evergreen-VERSION-linux-x86_64.tar.gz   program, engine, the small libraries of the system that they are linked to,
#                                               models, recipes, documents, and `setup`, which fetches LibTorch and Arrow
#   OUT/evergreen-VERSION.tar.gz                the sources of the last commit
#   OUT/evergreen-VERSION.sha256                sums of both
#
# The same build and commit give the same bytes. It runs on the system that built it and on newer ones: build on Debian 12 for
# Debian 12 and Ubuntu 24.04.
set -euo pipefail
build=$(realpath "$1") out=$(realpath "$2")
cd "$(dirname "${BASH_SOURCE[0]}")/.."
die() { printf 'error: %s\n' "$*" >&2; exit 1; }
git rev-parse --verify -q HEAD > /dev/null || die "a release is packed from a git clone: this folder is none"
[ -x "$build/bin/evergreen" ] || die "$build holds no program: ./dev build first"
version=$("$build/bin/evergreen" --version | cut -d' ' -f2)
epoch=$(git log -1 --format=%ct)
name=evergreen-$version-linux-x86_64
stage=$(mktemp -d)
trap 'rm -rf "$stage"' EXIT
root=$stage/$name

# Of the C and C++ libraries and the kernel's own the system has newer ones; LibTorch and Arrow are fetched by setup.
is_left_out() {
  case $1 in
    libc.so* | libm.so* | libdl.so* | libpthread.so* | librt.so* | libstdc++.so* | libgcc_s.so* | ld-linux* | linux-vdso* | \
      libtorch* | libc10* | libgomp* | libarrow* | libparquet* | libcudart* | libcupti*) true ;;
    *) false ;;
  esac
}

# A library and the terms it may be copied under.
bundle() {
  local package
  [ -e "$root/lib/evergreen/$(basename "$1")" ] && return
  cp -L "$1" "$root/lib/evergreen/"
  package=$(dpkg-query -S "$(realpath "$1")" 2>/dev/null || dpkg-query -S "$(realpath "$1" | sed 's,^/usr,,')") ||
    die "no package owns $1: its licence cannot be packed"
  package=${package%%:*}
  cp "/usr/share/doc/$package/copyright" "$root/share/doc/evergreen/third-party/$package"
}

cmake --install "$build" --prefix "$root" --component program --strip > /dev/null
mkdir -p "$root/lib/evergreen" "$root/share/doc/evergreen/third-party"
for binary in "$root"/bin/* "$root"/lib/*.so; do
  while read -r library _ path _; do
    if [ -f "$path" ] && ! is_left_out "$library"; then bundle "$path"; fi
  done < <(ldd "$binary")
done
for headers in libcli11-dev nlohmann-json3-dev libeigen3-dev libgloo-dev; do  # compiled into the program or the engine
  cp "/usr/share/doc/$headers/copyright" "$root/share/doc/evergreen/third-party/$headers"
done
cp tools/wheels.sh "$root/share/evergreen/"
cp tools/release_setup.sh "$root/setup"
cp tools/release_readme.md "$root/README.md"
cp LICENSE "$root/"
chmod -R u=rwX,go=rX "$root"

pack() { tar --create --format=gnu --sort=name --mtime="@$epoch" --owner=0 --group=0 --numeric-owner -C "$1" "$2" | gzip -n -9 > "$3"; }
pack "$stage" "$name" "$out/$name.tar.gz"
git archive --format=tar --prefix="evergreen-$version/" HEAD | gzip -n -9 > "$out/evergreen-$version.tar.gz"
(cd "$out" && sha256sum "$name.tar.gz" "evergreen-$version.tar.gz" | tee "evergreen-$version.sha256")
