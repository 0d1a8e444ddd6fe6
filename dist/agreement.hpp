// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "dist/communicator.hpp"

#include <string>
#include <vector>

namespace tacit::dist {

/// Collective: throws the same DistError on every rank unless all ranks pass the same lines. It names `subject`
/// ("the parameters"), the first line that differs on the lowest differing rank, and all ranks that differ
/// from rank 0.
void require_agreement(const std::string& subject, const std::vector<std::string>& lines, Communicator& comm);

} // namespace tacit::dist
