// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "pipeline/shards/hdf5/location.hpp"
#include "pipeline/shards/read/file_bytes.hpp"
#include "pipeline/shards/read/image_part.hpp"

#include <optional>
#include <vector>

namespace tacit::shards::h5 {

/// The source data sets of a virtual data set that joins runs of their first dimension, resolved through nested ones;
/// so they are read like any others. A data set that is not virtual is its own and only part. nullopt if the mappings
/// are anything else (strides, gaps, name patterns): then libhdf5 must read it. `axes` of the parts stay empty.
std::optional<std::vector<ImagePart>> virtual_parts(const Located& at, const Roots& roots);

/// Throws DataError if libhdf5 is to read a virtual data set and cannot read one of its sources: it would take fill
/// values for what it does not know.
void require_known_sources(const Located& at, const Roots& roots);

} // namespace tacit::shards::h5
