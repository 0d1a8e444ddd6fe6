// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <limits>
#include <span>

namespace tacit::shards {

/// The product of all, or the largest number where it is too large for one.
constexpr std::uint64_t capped_product(std::span<const std::uint64_t> extents, std::uint64_t factor = 1) {
    std::uint64_t product = factor;
    bool zero = factor == 0;
    bool capped = false;
    for (const std::uint64_t extent : extents) {
        zero = zero || extent == 0;
        capped = capped || (extent != 0 && product > std::numeric_limits<std::uint64_t>::max() / extent);
        product *= extent;
    }
    return zero ? 0 : capped ? std::numeric_limits<std::uint64_t>::max() : product;
}

} // namespace tacit::shards
