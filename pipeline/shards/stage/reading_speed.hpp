// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "pipeline/shards/dataset.hpp"

namespace tacit::shards {

/// Images read and decoded a second, in random order.
struct ReadingSpeed {
    double alone = 0;  ///< any image at any time: what `shuffle: full` does
    double blocks = 0; ///< random blocks, all images of each: what `shuffle: window` does
};

/// Reads for about `seconds` each way with `threads` threads. Images that cannot be read do not count. Throws
/// ConfigError for floating-point images without a range.
ReadingSpeed measure_reading(const Dataset& dataset, int threads, double seconds);

} // namespace tacit::shards
