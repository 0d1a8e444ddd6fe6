// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "pipeline/shards/data_spec.hpp"
#include "pipeline/shards/read/image_part.hpp"

#include <string>
#include <vector>

namespace tacit::shards {

/// All that is known of one split of a data set before any image is read.
struct DatasetIndex {
    std::string path;
    std::string split;
    std::vector<FileIndex> files;
};

/// The files that hold images of `split`. Throws as index_dataset() does.
std::vector<std::string> data_files(const DataSpec& spec, const std::string& split);

/// Indexes every file that holds images of `split`, whatever split_by and split_shares say of them. Throws as
/// index_dataset() does.
DatasetIndex index_files(const DataSpec& spec, const std::string& split);

/// Indexes every file of `split`, of which split_by or split_shares may choose some images. Throws DataError/IoError
/// naming file and data set when a file cannot be read, when files do not fit together, or when a shard is missing.
DatasetIndex index_dataset(const DataSpec& spec, const std::string& split);

} // namespace tacit::shards
