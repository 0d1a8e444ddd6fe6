// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "pipeline/loader/loader.hpp"

#include <cstdint>

namespace tacit::loader {

/// What `tacit bench loader` reports.
struct Throughput {
    std::int64_t images = 0; ///< delivered while the clock ran
    double seconds = 0;      ///< wall clock
    double images_per_second = 0;
    double views_per_second = 0;       ///< images_per_second times the views of the recipe
    double worker_seconds = 0;         ///< CPU time of the workers
    double wait_seconds = 0;           ///< of the consumer, which does nothing but wait
    std::int64_t block_loads = 0;      ///< blocks read and decoded while the clock ran; 0 under a full shuffle
    std::int64_t peak_block_bytes = 0; ///< most memory that blocks took
    int workers = 0;
    int views = 0;
};

/// Reads batches for about `seconds` of wall clock, after one ring of batches that fill caches and memory.
Throughput measure_throughput(const shards::Dataset& dataset, const augment::Recipe& recipe,
                              const LoaderOptions& options, double seconds);

} // namespace tacit::loader
