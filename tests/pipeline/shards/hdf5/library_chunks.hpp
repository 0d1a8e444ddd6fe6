// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "pipeline/shards/hdf5/chunks/chunk_table.hpp"
#include "pipeline/shards/hdf5/handle.hpp"

namespace tacit::shards::h5 {

/// Has libhdf5 list the chunks of `dataset`. Before 1.14 the library goes through its whole index for each chunk, so
/// that n of them cost n² steps, and many are refused; 1.10.8 also mixes up the chunks of an extensible array whose
/// unlimited dimension is not the first. Throws DataError with the reason alone.
void list_chunks_by_library(hid_t dataset, ChunkTable& table);

} // namespace tacit::shards::h5
