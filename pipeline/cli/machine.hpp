// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "dist/communicator.hpp"

#include <string>
#include <utility>
#include <vector>

namespace tacit::cli {

/// What `tacit doctor` found on this machine and in this build.
struct Diagnosis {
    std::vector<std::pair<std::string, std::string>> findings; ///< subject and what is there
    std::vector<std::string> warnings;                         ///< slow or surprising, but usable
    std::vector<std::string> problems;                         ///< Tacit cannot work so; each says what to do
};

/// Collective.
Diagnosis diagnose(dist::Communicator& comm);

} // namespace tacit::cli
