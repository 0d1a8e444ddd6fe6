// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "pipeline/shards/hdf5/chunks/chunk_table.hpp"
#include "pipeline/shards/hdf5/handle.hpp"
#include "pipeline/shards/read/file_bytes.hpp"

namespace tacit::shards::h5 {

/// Lists the chunks of `dataset` by reading its chunk index without libhdf5, in one walk: B-trees of version 1 and 2,
/// fixed and extensible arrays, implicit indexes and single chunks (HDF5 File Format Specification, III.A, VII and
/// appendix C). False, with nothing in the table, if the file is written in a way that is not known here. Throws
/// DataError with the reason alone for a damaged index; walks of such end, since a chunk may be listed once.
bool list_chunks(hid_t dataset, const FileBytes& file, ChunkTable& table);

} // namespace tacit::shards::h5
