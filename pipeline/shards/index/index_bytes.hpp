// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "pipeline/shards/index/dataset_index.hpp"

#include <string>
#include <string_view>

namespace tacit::shards {

/// The index as bytes with a SHA-256 behind, for other ranks (index_fields.hpp lists what is in them).
std::string bytes_of_index(const DatasetIndex& index);
/// What bytes_of_index() made. Throws DataError with the reason alone if anything in it differs or does not fit
/// together.
DatasetIndex index_of_bytes(std::string_view bytes);

/// Whether what an index from elsewhere says fits together, so that readers made from it stay inside of their memory:
/// counts, shapes, axes, chunks, labels. What it says of the file is checked by the readers. Throws DataError with the
/// reason alone.
void check_index(const FileIndex& file);

} // namespace tacit::shards
