// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "pipeline/config/section.hpp"

#include <functional>
#include <string>
#include <utility>
#include <vector>

namespace tacit::config {

/// Keys and the YAML that is given for them.
using Settings = std::vector<std::pair<std::string, std::string>>;

/// Something of a key under some words of a choice.
struct Condition {
    std::string key;                ///< the choice: "optim.name"
    std::vector<std::string> words; ///< under each of these
};

/// A key as one of its readers describes it.
struct KeyDescription {
    KeyInfo info;                                            ///< entries of lists are "views[].size"
    std::vector<Condition> when;                             ///< read only under all of these
    std::vector<std::pair<Condition, std::string>> defaults; ///< another default under each of these
    Settings found;                                          ///< under which a reader asked for it
    std::string path_read;                                   ///< as it asked: "views.0.size"
};

/// Reads a config whose root it is given.
using RootReader = std::function<void(const Section& root)>;

/// Every key of `section` that `read` asks for: once as `given` stands, and once for each word of each choice and each
/// other form that it names. A ConfigError ends such a reading; what it read counts.
std::vector<KeyDescription> describe(const std::string& section, const RootReader& read, const Settings& given);

} // namespace tacit::config
