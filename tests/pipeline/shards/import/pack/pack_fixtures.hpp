// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "pipeline/shards/dataset.hpp"
#include "pipeline/shards/import/import.hpp"
#include "tests/pipeline/shards/import/import_fixtures.hpp"

#include <cstdint>
#include <string>

namespace tacit::testing {

/// From `source` into `folder`/packed.
shards::ImportOptions pack_options(const TemporaryFolder& folder, const std::string& source);
shards::Dataset packed_split(const shards::ImportOptions& options, const std::string& split = "train");

Bytes stored_bytes(const shards::Dataset& dataset, std::int64_t index);
/// Stored images, labels and what training sees are the same in both.
void expect_same(const shards::Dataset& source, const shards::Dataset& packed);

} // namespace tacit::testing
