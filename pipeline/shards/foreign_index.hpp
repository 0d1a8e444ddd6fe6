// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "pipeline/shards/hdf5/handle.hpp"
#include "pipeline/shards/shard_index.hpp"

#include <optional>
#include <string>

namespace tacit::shards {

/// The data sets of a foreign HDF5 file that hold one split, found by their names.
struct ForeignNames {
    std::string images;
    std::string labels; ///< empty: none found
};

/// nullopt when no name fits. See index_file for the names.
std::optional<ForeignNames> guess_names(hid_t file, const std::string& split);

/// Indexes an open HDF5 file that Tacit did not write. Throws DataError.
ShardIndex index_foreign(hid_t file, const std::string& path, const std::string& split, std::uint64_t file_bytes);

} // namespace tacit::shards
