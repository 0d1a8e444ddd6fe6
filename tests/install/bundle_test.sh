#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# A bundle runs where there is nothing but glibc, a shell and a LibTorch: bundle_test.sh BUILD LIBTORCH
# LIBTORCH: the folder of its lib/ and include/. Needs root, for the empty root folder that it runs in.
set -euo pipefail
build=${1:?usage: bundle_test.sh BUILD LIBTORCH} torch=$(realpath "${2:?usage: bundle_test.sh BUILD LIBTORCH}")
source_root=$(cd "$(dirname "$0")/../.." && pwd)
fail() { echo "FAILED: $*" >&2; exit 1; }
if [ "$(id -u)" != 0 ] || ! command -v patchelf >/dev/null; then
    echo "SKIPPED: needs root and patchelf"
    exit 77
fi
work=$(mktemp -d "${TMPDIR:-/tmp}/tacit-bundle-test.XXXXXX")
root=$work/root
trap 'umount "$root/proc" "$root/sys" "$root/dev" "$root/libtorch" 2>/dev/null || true; mountpoint -q "$root/libtorch" || rm -rf "$work"' EXIT

"$source_root/scripts/bundle" "$build" --out "$work/made/tacit"
mkdir -p "$root"/{opt,bin,tmp,proc,sys,dev,libtorch,usr,etc} "$root/lib/x86_64-linux-gnu" "$root/lib64"
tar -C "$root/opt" -xzf "$work/made/tacit.tar.gz"
rm -rf "$work/made"
cp -L /lib64/ld-linux-x86-64.so.2 "$root/lib64/"
for library in c m pthread dl rt resolv util nss_files; do
    cp -L "/lib/x86_64-linux-gnu/lib$library".so.[0-9] "$root/lib/x86_64-linux-gnu/" 2>/dev/null || true
done
for tool in sh cat dirname basename readlink sed ln env mkdir ls sleep; do # what the scripts of the bundle use, and this one
    cp -L "$(command -v "$tool")" "$root/bin/"
    ldd "$(command -v "$tool")" | awk '$3 ~ /^\// { print $3 }' | xargs -r -I{} cp -nL {} "$root/lib/x86_64-linux-gnu/"
done
ln -s ../bin "$root/usr/bin"
printf 'root:x:0:0::/:/bin/sh\n' >"$root/etc/passwd"
printf '127.0.0.1 localhost %s\n' "$(hostname)" >"$root/etc/hosts"
mount -t proc proc "$root/proc"
mount --bind -o ro /sys "$root/sys"
mount --bind /dev "$root/dev"
mount --bind -o ro "$(dirname "$torch")" "$root/libtorch"
inside() { chroot "$root" /bin/env -i PATH=/bin HOME=/tmp OMP_NUM_THREADS=1 TMPDIR=/tmp OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1 "$@"; }

text=$(inside /opt/tacit/bin/tacit version 2>&1) && fail "started without LibTorch: $text"
[[ $text = *"use-torch"* ]] || fail "does not say how to get LibTorch: $text"
inside /opt/tacit/use-torch "/libtorch/$(basename "$torch")"
inside /opt/tacit/bin/tacit version

# 64 images of 16 x 16 in two classes, as a .npy file and its labels.
mkdir "$root/tmp/images"
npy() { # SHAPE: its header; the numbers follow
    local header="{'descr': '|u1', 'fortran_order': False, 'shape': $1, }"
    printf '\x93NUMPY\x01\x00v\x00%-117s\n' "$header"
}
for split in train test; do
    { npy '(64, 16, 16, 3)'; for i in {0..63}; do head -c 768 /dev/zero | tr '\0' "\\$(printf %o $((i % 2 * 200 + i % 8 + 1)))"; done; } >"$root/tmp/images/${split}_images.npy"
    { npy '(64,)'; for i in {0..63}; do printf "\\$((i % 2))"; done; } >"$root/tmp/images/${split}_labels.npy"
done
inside /opt/tacit/bin/tacit data import /tmp/images --out /tmp/shards
inside /opt/tacit/bin/tacit pretrain --config /opt/tacit/share/tacit/configs/fashion-mnist/simclr.yaml --run /tmp/run --ranks 2 \
    --set data.path=/tmp/shards --set train.max_steps=3 --set train.batch=16 --set train.threads=1 --set optim.warmup_epochs=0
inside /opt/tacit/bin/tacit knn --run /tmp/run
inside /bin/env TACIT_FIXTURES=/opt/tacit/share/fixtures /opt/tacit/tests/tests_filters --gtest_brief=1 # reads a fixture
