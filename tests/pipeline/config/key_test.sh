#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# usage: key_test.sh COMPILER SOURCE_FOLDER: a key that is read without a meaning does not compile.
set -euo pipefail
compile() {
    printf '#include "pipeline/config/section.hpp"\nvoid read(const tacit::config::Section& s) { s.number(%s, 1.0); }\n' "$2" |
        "$1" -std=c++20 -fsyntax-only -I "$source" -x c++ - 2>/dev/null
}
source=$2
compile "$1" '{"lr", "peak learning rate"}' || { echo "a key with its meaning does not compile"; exit 1; }
compile "$1" '{"lr", "peak learning rate", "per step"}' || { echo "a key with its unit does not compile"; exit 1; }
for key in '"lr"' '{"lr"}' '{"lr", ""}' '{"", "peak learning rate"}' 'std::string("lr")'; do
    if compile "$1" "$key"; then
        echo "$key compiles"
        exit 1
    fi
done
