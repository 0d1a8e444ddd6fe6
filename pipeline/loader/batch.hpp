// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "augment/image.hpp"

#include <cstdint>
#include <vector>

namespace tacit::loader {

/// One view of every sample of a batch. Storage belongs to the ring slot.
struct BatchView {
    std::vector<std::uint8_t> pixels;   ///< [count, H, W, C] uint8
    std::vector<std::uint8_t> masks;    ///< [count, H, W], 1 = hidden; empty if the view makes none
    std::vector<std::int32_t> rotation; ///< [count] quarter turns; empty if the view does not rotate
};

/// One rank's share of a global batch. Filled by the loader's workers, read by the trainer.
struct Batch {
    std::int64_t epoch = 0;
    std::int64_t index = 0; ///< of the global batch within the epoch
    std::int64_t count = 0; ///< samples in this rank's share
    augment::ImageShape shape;
    std::vector<BatchView> views;
    std::vector<std::int32_t> labels; ///< [count], -1 where unlabelled
    std::vector<std::int64_t> ids;    ///< [count] index of each sample in the data set
};

} // namespace tacit::loader
