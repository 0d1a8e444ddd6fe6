#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# What CMake and scripts/setup say on machines that lack something: configure_test.sh SOURCE
set -euo pipefail
source_root=${1:?usage: configure_test.sh SOURCE}
work=$(mktemp -d /tmp/tacit-configure.XXXXXX)
trap 'rm -rf "$work"' EXIT
unset Torch_ROOT TORCH_ROOT
fail() { echo "FAILED: $*" >&2; exit 1; }

# expect CODE TEXT COMMAND…: TEXT within one line of output, however CMake wrapped it.
expect() {
    local code=$1 text=$2 got=0
    shift 2
    "$@" >"$work/log" 2>&1 </dev/null || got=$?
    tr -s ' \n' ' ' <"$work/log" | grep -F -- "$text" >/dev/null || { cat "$work/log" >&2; fail "'$*' does not say: $text"; }
    [ "$got" = "$code" ] || { cat "$work/log" >&2; fail "'$*' ended with $got, not $code"; }
}
configure() { rm -rf "$work/build" && cmake -S "$source_root" -B "$work/build" -G Ninja "$@"; }

echo "-- LibTorch: one's own, a folder without it, one without CUDA"
own=$work/own/torch
mkdir -p "$own/include/torch/headeronly" "$own/lib"
printf '#define TORCH_VERSION_MAJOR 2\n#define TORCH_VERSION_MINOR 12\n#define TORCH_VERSION_PATCH 1\n' >"$own/include/torch/headeronly/version.h"
touch "$own/lib/libc10.so" "$own/lib/libtorch_cpu.so"
expect 0 "Found LibTorch 2.12.1: $own/lib" configure -DTorch_ROOT="$own"
expect 0 "Found LibTorch 2.12.1: $own/lib" env Torch_ROOT="$own" cmake -S "$source_root" -B "$work/build"
expect 1 "No LibTorch >= 2.11 in $work, where Torch_ROOT says" cmake -S "$source_root" -B "$work/build" -DTorch_ROOT="$work"
expect 1 "lacks libc10_cuda.so. Run scripts/setup --cuda" configure -DTorch_ROOT="$own" -DTACIT_CUDA=ON -DTACIT_TESTS=OFF
sed -i 's/MINOR 12/MINOR 4/' "$own/include/torch/headeronly/version.h"
expect 1 "is older than 2.11. Run scripts/setup" configure -DTorch_ROOT="$own"

echo "-- a compiler that is too old"
printf '#!/bin/sh\nexec %s -U__GNUC__ -D__GNUC__=10 "$@"\n' "$(command -v g++)" >"$work/g++-10"
chmod +x "$work/g++-10"
expect 1 "Tacit needs GCC 11 or Clang 14 or newer, but $work/g++-10 is GNU 10." configure -DCMAKE_CXX_COMPILER="$work/g++-10"

echo "-- all that is missing, at once; what an option turns off is not needed"
mkdir "$work/pc"
for folder in $(pkg-config --variable pc_path pkg-config | tr ':' ' '); do
    [ ! -d "$folder" ] || find -L "$folder" -name '*.pc' -exec ln -sf -t "$work/pc" {} +
done
rm "$work/pc/libturbojpeg.pc"
export PKG_CONFIG_LIBDIR=$work/pc
expect 1 "TurboJPEG 2.1 or newer (tests of JPEG): not found. Packages: libturbojpeg0-dev (Debian, Ubuntu), turbojpeg-devel (Fedora, RHEL)" \
    configure -DTACIT_PROGRAM=OFF
expect 0 "Generating done" configure -DTACIT_PROGRAM=OFF -DTACIT_TESTS=OFF -DTorch_ROOT=/nowhere \
    -DCMAKE_DISABLE_FIND_PACKAGE_MPI=ON -DCMAKE_DISABLE_FIND_PACKAGE_Boost=ON -DCMAKE_DISABLE_FIND_PACKAGE_GTest=ON
sed 's/^Version:.*/Version: 0.5.2/' "$(readlink -f "$work/pc/libwebp.pc")" >"$work/webp.pc"
mv "$work/webp.pc" "$work/pc/libwebp.pc"
rm "$work/pc/liblz4.pc"
expect 1 "LZ4 1.9 or newer (HDF5's LZ4, bitshuffle and Blosc filters): not found." configure -DTACIT_PROGRAM=OFF -DTACIT_TESTS=OFF
expect 1 "libwebp 0.6 or newer (WebP): version 0.5.2 was found." cmake -S "$source_root" -B "$work/build"

echo "-- scripts/setup where there is no apt"
mkdir "$work/bin"
for tool in awk bash cut dirname tr; do ln -s "$(command -v $tool)" "$work/bin/$tool"; done
printf '#!/bin/sh\n' >"$work/bin/dnf"
chmod +x "$work/bin/dnf"
expect 0 "HDF5 >= 1.10.5 shards hdf5-devel" env PATH="$work/bin" Torch_ROOT=/mine bash "$source_root/scripts/setup"
grep -q 'sudo dnf install gcc-c++ cmake ' "$work/log" || fail "no line for dnf"
expect 0 "LibTorch: taking yours from /mine" env PATH="$work/bin" Torch_ROOT=/mine bash "$source_root/scripts/setup" --libtorch
! grep -q HDF5 "$work/log" || fail "--libtorch speaks of packages"

echo "-- a command that is waited for holds no pipe open when it has ended"
begun=$SECONDS
bash -c "say() { echo \"\$@\"; }; $(sed -n '/^patiently()/,/^}/p' "$source_root/scripts/setup"); patiently waiting sleep 1" | cat
((SECONDS - begun < 15)) || fail "scripts/setup kept its output open for $((SECONDS - begun)) s"
