#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# OpenMP's threads sleep soon where they wait, unless the environment says otherwise: waiting_threads_test.sh TACIT
set -euo pipefail
tacit=$1
unset GOMP_SPINCOUNT OMP_WAIT_POLICY

# spins [NAME=VALUE …]: what the OpenMP runtime read, a line for each time that it started
spins() { env OMP_DISPLAY_ENV=VERBOSE "$@" "$tacit" version 2>&1 >/dev/null | sed -n "s/.*GOMP_SPINCOUNT = '\(.*\)'.*/\1/p"; }

fail() { echo "waiting_threads_test: $*" >&2; exit 1; }
plain=$(spins)
[ "$(tail -n 1 <<<"$plain")" = 1000 ] || fail "by default threads spin '$plain' times"
given=$(spins GOMP_SPINCOUNT=7)
[ "$given" = 7 ] || fail "GOMP_SPINCOUNT=7 becomes '$given'"
given=$(spins OMP_WAIT_POLICY=active)
[ "$(wc -l <<<"$given")" = 1 ] && [ "$given" != 1000 ] || fail "OMP_WAIT_POLICY=active becomes '$given'"
# Arguments and exit codes are the program's own.
code=0
"$tacit" pretrain --no-such-option >/dev/null 2>&1 || code=$?
[ "$code" = 2 ] || fail "a wrong option ends with $code"
