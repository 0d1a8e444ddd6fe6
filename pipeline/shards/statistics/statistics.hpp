// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "pipeline/shards/dataset.hpp"
#include "pipeline/shards/import/import.hpp"
#include "pipeline/shards/statistics/duplicates.hpp"
#include "pipeline/shards/statistics/percentiles.hpp"

#include <cstdint>
#include <vector>

namespace tacit::shards {

/// One channel over all its finite values; NaN where there are none.
struct ChannelStatistics {
    std::uint64_t values = 0;
    double mean = 0;
    double std = 0; ///< population standard deviation
    double min = 0;
    double max = 0;
    PercentileValues percentiles{}; ///< by kPercents

    /// `percent` must be one of kPercents.
    double percentile(int percent) const;
};

/// What looking at images one by one finds; sums and extremes of whole numbers, so that any order gives the same.
struct ImagesSeen {
    NotFinite not_finite;               ///< values that are left out of all figures
    std::int64_t not_finite_images = 0; ///< images that hold such
    std::int64_t first_not_finite = -1; ///< the first of them
    int min_height = 0;                 ///< 0: none was seen
    int max_height = 0;
    int min_width = 0;
    int max_width = 0;

    void merge(const ImagesSeen& other);
};

/// Exact figures over every image of a split.
struct Statistics : ImagesSeen {
    std::vector<ChannelStatistics> stored; ///< of the numbers as they are stored (JPEG, PNG: decoded)
    /// Of what training sees: numbers between black (0) and white (1) of the value range, those outside moved to its
    /// ends. Empty where no range is known.
    std::vector<ChannelStatistics> scaled;
    std::uint64_t outside = 0;              ///< finite values outside of the range
    std::vector<std::int64_t> class_counts; ///< by label
    std::int64_t unlabelled = 0;
    Duplicates duplicates;
    int passes = 1; ///< over the images
    double seconds = 0;
};

struct StatisticsOptions {
    int threads = 1;         ///< fewer are used where their counts would take too much memory
    bool duplicates = true;  ///< look for equal images
    bool percentiles = true; ///< costs f32 one pass more, f64 three; others are counted in any case
    ProgressFn progress;     ///< images over all passes
};

/// Reads, verifies and decodes the whole split, each block once a pass. The result depends on the images and their
/// order alone, not on threads or storage: numbers of up to 16 bits are counted by value; f32 and f64 are summed image
/// by image in fp64 (PixelSums) and merged in stored order; percentiles are exact (PercentileSearch). Throws DataError
/// naming the first damaged image.
Statistics measure_statistics(const Dataset& dataset, const StatisticsOptions& options);

} // namespace tacit::shards
