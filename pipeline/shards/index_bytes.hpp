// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "pipeline/shards/dataset_index.hpp"

#include <string>
#include <string_view>

namespace tacit::shards {

/// The index as bytes with a SHA-256 behind, for other ranks (index_fields.hpp lists what is in them).
std::string bytes_of_index(const DatasetIndex& index);
/// What bytes_of_index() made. Throws DataError with the reason alone if anything in it differs or does not fit
/// together.
DatasetIndex index_of_bytes(std::string_view bytes);

} // namespace tacit::shards
