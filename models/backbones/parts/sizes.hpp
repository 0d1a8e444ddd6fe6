// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <string>

namespace tacit::models {

/// Channels of the first convolution of torchvision's networks.
inline constexpr std::int64_t kTorchvisionWidth = 64;

/// For Backbone::unfit(): "needs images of at least 8x8 pixels, got 4x6; <remedy>", or "" where both sides suffice.
inline std::string too_small(std::int64_t height, std::int64_t width, std::int64_t least, const std::string& remedy) {
    return std::min(height, width) >= least
               ? ""
               : fmt::format("needs images of at least {0}x{0} pixels, got {1}x{2}; {3}", least, height, width, remedy);
}

} // namespace tacit::models
