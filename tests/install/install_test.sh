#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The installed program: can be moved, and finds the libraries that were found by path when it was built: install_test.sh BUILD
set -euo pipefail
build=${1:?usage: install_test.sh BUILD}
work=$(mktemp -d "$build/install-test.XXXXXX")
trap 'rm -rf "$work"' EXIT
fail() { echo "FAILED: $*" >&2; exit 1; }
run_path() { readelf -d "$1" | sed -n 's/.*R[UN]*PATH.*\[\(.*\)\]/\1/p'; }

cmake --install "$build" --prefix "$work/first" >/dev/null
mv "$work/first" "$work/moved"
"$work/moved/bin/tacit" --version
LD_TRACE_LOADED_OBJECTS=1 "$work/moved/bin/tacit" | grep -F "$work/moved/bin/../lib/libtorch_cpu.so" >/dev/null || fail "LibTorch is not the installed one"
installed=$(run_path "$work/moved/bin/tacit")
case $installed in '$ORIGIN/../lib:'*) ;; *) fail "not the installed lib/ first: $installed" ;; esac
run_path "$build/bin/tacit" | tr ':' '\n' | grep . | while IFS= read -r folder; do
    case ":$installed:" in *":$folder:"*) ;; *) fail "forgot $folder: $installed" ;; esac
done
