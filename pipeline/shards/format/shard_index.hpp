// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "pipeline/shards/data_spec.hpp"
#include "pipeline/shards/read/image_part.hpp"

#include <string>

namespace tacit::shards {

/// Indexes the images of `split` in one HDF5 file: a Tacit shard, or any other file, as `spec` says or as usual names
/// and shapes suggest (foreign_index.hpp). Every size and address is checked against its file before it is used. Throws
/// DataError naming file and data set, ConfigError where `spec` says of a shard what the shard says itself; an empty
/// `split` takes what the file holds.
FileIndex index_file(const std::string& path, const DataSpec& spec, const std::string& split);

} // namespace tacit::shards
