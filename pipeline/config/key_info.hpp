// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

namespace tacit::config {

/// What is known of a key once it was read.
struct KeyInfo {
    std::string path = {}; ///< "optim.lr"
    std::string meaning = {};
    std::string unit = {};                 ///< may be empty
    std::string values = {};               ///< "number in [0, 1]"; empty for a mapping
    std::string usual = {};                ///< the default, as YAML or in words; empty for a mapping
    std::vector<std::string> choices = {}; ///< the words of a choice
};

} // namespace tacit::config
