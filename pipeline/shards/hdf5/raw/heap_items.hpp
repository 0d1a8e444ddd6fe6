// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "pipeline/shards/hdf5/handle.hpp"
#include "pipeline/shards/hdf5/raw/metadata.hpp"
#include "pipeline/shards/read/file_bytes.hpp"
#include "pipeline/shards/read/image_part.hpp"

namespace tacit::shards::h5 {

/// A variable-length element as it stands in a data set: length (4), collection's address (8), object's index (4).
inline constexpr std::uint64_t kHeapReferenceBytes = 16;

/// Where the elements of a one-dimensional data set of variable-length bytes lie in the file's global heap, so that
/// they are read like any other bytes. Follows "HDF5 File Format Specification 3.0", III.E (global heap) and IV.B
/// (variable- length elements: length, collection's address, object's index). Throws DataError "<path>: <name>: …".
ImageItems find_heap_items(hid_t dataset, const FileBytes& file, const std::string& name);

/// Object `index` of the heap collection at byte `address` of the file, whose objects can be walked to the end: libhdf5
/// 1.10 does not come back from some that cannot. Throws DataError with the reason alone.
MetadataBlock read_heap_object(const FileBytes& file, std::uint64_t address, std::uint32_t index);

} // namespace tacit::shards::h5
