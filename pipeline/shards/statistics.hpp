// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "pipeline/shards/dataset.hpp"
#include "pipeline/shards/import/import.hpp"

#include <cstdint>
#include <vector>

namespace tacit::shards {

/// Two images of a split with equal pixels.
struct DuplicatePair {
    std::int64_t first = 0;
    std::int64_t second = 0;
};

/// Exact figures over every image of a split.
struct Statistics {
    std::vector<double> mean; ///< per channel in [0, 1]
    std::vector<double> std;  ///< population standard deviation, per channel in [0, 1]
    std::vector<int> min;     ///< per channel, 0..255
    std::vector<int> max;
    std::vector<std::int64_t> class_counts; ///< by label
    std::int64_t unlabelled = 0;
    std::int64_t duplicates = 0;                   ///< images whose pixels equal those of an earlier image
    std::vector<DuplicatePair> duplicate_examples; ///< the first few, by second image
    int min_height = 0;
    int max_height = 0;
    int min_width = 0;
    int max_width = 0;
    double seconds = 0;
};

/// Reads, verifies and decodes the whole split with `threads` threads; the result does not depend on
/// their number. Throws DataError naming the first damaged image.
Statistics measure_statistics(const Dataset& dataset, int threads, const ProgressFn& progress = {});

} // namespace tacit::shards
