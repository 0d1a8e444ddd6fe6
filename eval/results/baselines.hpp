// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "dist/communicator.hpp"
#include "eval/results/results.hpp"

#include <optional>
#include <string>

namespace tacit::eval {

/// Collective: the row `row` of eval/<protocol>.json with details "key" equal to `key`, of `run_folder` itself or of
/// a run beside it (same parent folder), with the run named in details "taken from". Rank 0 looks; all ranks get the
/// same answer. Files that cannot be read are passed over.
std::optional<ResultRow> find_baseline(const std::string& run_folder, const std::string& protocol,
                                       const std::string& row, const std::string& key, dist::Communicator& comm);

} // namespace tacit::eval
