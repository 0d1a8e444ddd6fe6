// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "eval/picture_files.hpp"
#include "pipeline/config/section.hpp"

#include <cstdint>
#include <string>

namespace tacit::eval {

/// EvalConfig::device that leaves it to train.device.
inline constexpr const char* kDeviceOfTraining = "train";

/// What of the `eval` section all protocols share.
struct EvalConfig {
    std::string device = kDeviceOfTraining; ///< where encoders run: auto, cpu, cuda, or as train.device says
    std::int64_t batch = 128;               ///< images per forward pass of one rank
    std::uint64_t seed = 1;                 ///< of the random encoder
    PictureOptions pictures;
};

/// Reads the whole section: a mistake in a protocol's own keys is a ConfigError here too.
EvalConfig read_eval(const config::Section& eval);

} // namespace tacit::eval
