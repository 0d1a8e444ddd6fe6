// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "pipeline/shards/hdf5/handle.hpp"

#include <cstdint>
#include <string>

namespace tacit::shards::h5 {

/// Throws DataError "<where>: …" if `object` claims more bytes or elements than its file can account for, before memory
/// is taken for them: filters shrink data about a thousandfold at most, and what was never written takes no room. Nor
/// may a data set that is kept in its header be longer than that.
void require_plausible(hid_t object, std::uint64_t claimed, const std::string& where);

/// Where a data set's bytes lie in its file.
struct Extent {
    std::uint64_t address = 0;
    std::uint64_t bytes = 0;
};

/// Extent of a contiguous data set, checked against the file's size before anything is read.
/// Throws DataError for another layout, unallocated storage or an extent that leaves the file.
Extent contiguous_extent(hid_t dataset, std::uint64_t file_bytes, const std::string& where);

} // namespace tacit::shards::h5
