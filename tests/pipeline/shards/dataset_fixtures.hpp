// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "pipeline/shards/dataset.hpp"
#include "pipeline/shards/hdf5/handle.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace tacit::testing {

/// A data set of which only these are said.
shards::DataSpec spec_of(const std::string& path, const std::string& labels = "");

/// Image `index` as read() gives it.
std::vector<std::uint8_t> pixels_of(const shards::Dataset& dataset, std::int64_t index);

/// Every image through its block is the image that read() gives; blocks cover the data set in order.
void expect_blocks_equal_reads(const shards::Dataset& dataset);

/// A foreign HDF5 file with one data set of bytes (i % 251), and one of int64 labels (i % 3) unless `labels` is
/// nullptr. `chunked`: in one chunk.
void write_foreign(const std::string& path, const char* images, const std::vector<hsize_t>& dims, const char* labels,
                   bool chunked = false);

/// A shard of image files, with labels 0 and 1 in turn.
void write_encoded(const std::string& folder, const std::vector<std::vector<std::uint8_t>>& images, int channels);

} // namespace tacit::testing
