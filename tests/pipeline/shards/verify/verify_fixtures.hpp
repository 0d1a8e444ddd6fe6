// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "pipeline/shards/verify.hpp"

#include <string>
#include <vector>

namespace tacit::testing {

/// All splits of what is at `path`.
shards::Verification verified(const std::string& path, int threads = 2);

/// Fails the test for each part that `what` lacks.
void expect_named(const std::string& what, const std::vector<std::string>& parts);

} // namespace tacit::testing
