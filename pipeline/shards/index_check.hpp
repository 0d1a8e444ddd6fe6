// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "pipeline/shards/image_part.hpp"

namespace tacit::shards {

/// Whether what an index from elsewhere says fits together, so that readers made from it stay inside of their memory:
/// counts, shapes, axes, chunks, labels. What it says of the file is checked by the readers. Throws DataError with the
/// reason alone.
void check_index(const FileIndex& file);

} // namespace tacit::shards
