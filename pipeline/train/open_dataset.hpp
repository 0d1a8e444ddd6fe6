// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "dist/communicator.hpp"
#include "pipeline/shards/dataset.hpp"

#include <string>

namespace tacit::train {

/// Collective. Opens a split on every rank. Rank 0 alone indexes it, so that many ranks do not crowd the file system
/// with metadata; the others get its index. Throws what Dataset::open() throws, on every rank.
shards::Dataset open_dataset(const shards::DataSpec& spec, const std::string& split, dist::Communicator& comm);

} // namespace tacit::train
