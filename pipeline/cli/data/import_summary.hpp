// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "pipeline/shards/import/import.hpp"

#include <nlohmann/json_fwd.hpp>

#include <string>

namespace tacit::cli {

/// shards::import_images() with a progress that is called `label`, and a warning for each image that is left out.
/// Throws as it does.
shards::ImportSummary import_with_progress(const shards::ImportOptions& wanted, const std::string& label);

/// What `data import --json` and `data pack --json` say alike: splits, classes, figures, and what was not used.
nlohmann::ordered_json summary_json(const shards::ImportSummary& summary, const std::string& out);

/// The lines of both on splits, and on what was not used.
void tell_splits(const shards::ImportSummary& summary);
void tell_left_out(const shards::ImportSummary& summary);

} // namespace tacit::cli
