// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "pipeline/shards/hdf5/metadata.hpp"

#include <cstdint>
#include <optional>

namespace tacit::shards::h5 {

/// Data of the first message of type `type` in the object header at `address` (HDF5 File Format Specification, IV.A).
/// nullopt if there is none, or the header is of a version not known here. Throws DataError with the reason alone.
std::optional<MetadataBlock> find_message(const MetadataFile& file, std::uint64_t address, std::uint16_t type);

} // namespace tacit::shards::h5
