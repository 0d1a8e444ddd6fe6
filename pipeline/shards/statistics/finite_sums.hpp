// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "pipeline/shards/read/part_reader.hpp"
#include "pipeline/shards/statistics/pixel_sums.hpp"

#include <cstdint>
#include <span>
#include <vector>

namespace tacit::shards {

/// Sums over the finite values of one channel of f32 or f64.
struct FiniteSums {
    explicit FiniteSums(Element element) : stored(1, element), clamped(1, element) {}
    PixelSums stored;
    PixelSums clamped; ///< values outside of the range moved to its ends
    std::uint64_t outside = 0;

    void add(const FiniteSums& other);
};

/// Sums of every channel of one image. `range`: [low, high], or empty where none is known. `plane` is scratch memory.
std::vector<FiniteSums> sum_image(const StoredImage& image, std::span<const double> range,
                                  std::vector<std::uint8_t>& plane);

} // namespace tacit::shards
