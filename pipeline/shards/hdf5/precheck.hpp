// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "pipeline/shards/file_bytes.hpp"
#include "pipeline/shards/hdf5/handle.hpp"

#include <string>

namespace tacit::shards::h5 {

/// Refuses superblocks whose driver information claims more than it may: libhdf5 1.10 takes memory for it unseen.
/// Throws DataError with the reason alone.
void check_superblock(const FileBytes& file);

/// Refuses `name` of `group` if it is a virtual data set whose mappings stand in a heap that libhdf5 1.10 does not come
/// back from (check_heap_collection()). Before the object is opened. Throws DataError with the reason alone.
void check_virtual_heap(hid_t group, const std::string& name, const FileBytes& file);

/// Refuses data sets of variable-length texts that refer to such a heap, before they are read. Throws
/// DataError "<path>: <name>: …".
void check_text_heap(hid_t dataset);

} // namespace tacit::shards::h5
