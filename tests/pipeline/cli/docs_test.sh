#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# usage: docs_test.sh TACIT SOURCE_FOLDER [--write]: docs/config.md and docs/metrics.md are what this Tacit says
# of its config and its metrics, or are made so.
set -euo pipefail
tacit=$1 docs=$2/docs
for topic in config metrics; do
    page=$docs/$topic.md
    if [ "${3:-}" = --write ]; then
        "$tacit" help "$topic" --markdown >"$page"
    elif ! "$tacit" help "$topic" --markdown | diff -u "$page" -; then
        echo "docs/$topic.md is not what this Tacit says: tests/pipeline/cli/docs_test.sh BUILD/bin/tacit . --write"
        exit 1
    fi
done
