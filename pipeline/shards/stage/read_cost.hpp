// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "pipeline/shards/dataset.hpp"
#include "pipeline/shards/index/dataset_index.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace tacit::shards {

/// What reading some images cost, one thread, with their bytes in the page cache. Microseconds an image.
struct ReadCost {
    std::int64_t images = 0;  ///< that were read in blocks
    std::int64_t singles = 0; ///< that were read alone
    double block_images = 1;  ///< images a block
    double in_blocks = 0;     ///< a block as a whole, for all its images
    double alone = 0;         ///< each image for itself
    double decoding = 0;      ///< of JPEG and PNG, besides; 0: pixels
    double raw = 0;           ///< pread of as many bytes as an image's pixels have (JPEG, PNG: as its file has)
    double seconds = 0;       ///< that measuring took
    bool plain = false;       ///< raw images already: contiguous, in this machine's byte order
    bool cheap_alone = true;  ///< Dataset::single_reads_are_cheap()
};

/// Reads blocks spread over the data set for about `seconds`, each twice, and times the second time; then images of
/// them alone, and raw bytes of the same file. Throws DataError.
ReadCost measure_read_cost(const Dataset& dataset, const DatasetIndex& index, double seconds);

/// How the images lie in their files, and what only libhdf5 reads, under its lock. A line each; of several files that
/// are alike, one.
std::vector<std::string> reading_lines(const DatasetIndex& index);

/// What was measured, and what rewriting would gain.
std::vector<std::string> cost_lines(const ReadCost& cost);

} // namespace tacit::shards
