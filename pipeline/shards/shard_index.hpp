// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "augment/image.hpp"
#include "pipeline/shards/format.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace tacit::shards {

/// Where the images of one file lie: all that is needed to read them without libhdf5.
struct ShardIndex {
    std::string path;
    std::string dataset; ///< that holds the image bytes
    std::string split;
    Layout layout = Layout::raw;
    std::uint64_t address = 0;            ///< of the data set in the file
    std::int64_t count = 0;               ///< images
    std::int64_t total = -1;              ///< images in all shards of the split; -1: not recorded
    augment::ImageShape shape;            ///< height = width = 0 when images differ
    std::vector<std::uint64_t> offsets;   ///< encoded layout: count + 1
    std::vector<std::uint32_t> checksums; ///< empty when the file stores none
    std::vector<std::int32_t> labels;     ///< count; -1 where unlabelled
    std::vector<std::string> classes;
    std::vector<double> mean;
    std::vector<double> std;
    std::string source;
};

/// Indexes a Tacit shard, or a foreign HDF5 file that holds contiguous uint8 images (N, H, W, C) or (N, H, W)
/// as `images`, `x`, `X` or `data`, with class numbers `labels`, `label`, `y`, `Y` or `ans` if any. A foreign
/// file may hold splits as `<split>_x`, `x_<split>` or `<split>/images`; one without splits is split "train".
/// Every size and address is checked against the file before it is used.
/// Throws DataError naming file and data set; an empty `split` takes what the file holds.
ShardIndex index_file(const std::string& path, const std::string& split);

} // namespace tacit::shards
