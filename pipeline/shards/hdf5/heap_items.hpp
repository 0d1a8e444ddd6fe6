// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "pipeline/shards/file_bytes.hpp"
#include "pipeline/shards/hdf5/handle.hpp"
#include "pipeline/shards/image_part.hpp"

namespace tacit::shards::h5 {

/// Where the elements of a one-dimensional data set of variable-length bytes lie in the file's global heap, so that
/// they are read like any other bytes. Follows "HDF5 File Format Specification 3.0", III.E (global heap) and IV.B
/// (variable- length elements: length, collection's address, object's index). Throws DataError "<path>: <name>: …".
ImageItems find_heap_items(hid_t dataset, const FileBytes& file, const std::string& name);

/// Whether the collection of variable-length elements at byte `address` of the file can be walked to its end: libhdf5
/// 1.10 does not come back from some that cannot. Throws DataError with the reason alone.
void check_heap_collection(const FileBytes& file, std::uint64_t address);

} // namespace tacit::shards::h5
