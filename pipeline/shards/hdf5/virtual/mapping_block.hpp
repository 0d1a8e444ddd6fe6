// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "pipeline/shards/hdf5/raw/metadata.hpp"

namespace tacit::shards::h5 {

/// Walks the mappings of a virtual data set as they stand in the global heap, to the checksum at their end: libhdf5
/// writes as many numbers as a selection claims dimensions, however many those are. Follows "HDF5 File Format
/// Specification 3.0", III.F (global heap block for virtual data sets) and VIII (selections). Throws DataError with the
/// reason alone.
void check_mappings(MetadataBlock block);

} // namespace tacit::shards::h5
