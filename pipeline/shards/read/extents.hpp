// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <limits>

namespace tacit::shards {

/// The product of all, or the largest number where it is too large for one. `extents`: any range of unsigned integers
/// of 64 bits, hsize_t among them, which is not the same type everywhere.
template <class Extents> constexpr std::uint64_t capped_product(const Extents& extents, std::uint64_t factor = 1) {
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
