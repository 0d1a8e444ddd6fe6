// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "eval/picture_files.hpp"
#include "pipeline/config/section.hpp"

#include <cstdint>

namespace tacit::eval {

/// What of the `eval` section all protocols share.
struct EvalConfig {
    std::int64_t batch = 128; ///< images per forward pass of one rank
    std::uint64_t seed = 1;   ///< of the random encoder
    PictureOptions pictures;
};

/// Reads the whole section: a mistake in a protocol's own keys is a ConfigError here too.
EvalConfig read_eval(const config::Section& eval);

} // namespace tacit::eval
