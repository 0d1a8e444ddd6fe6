// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "pipeline/config/describe.hpp"

#include <string>
#include <vector>

namespace tacit::cli {

/// A section of the config and what reads it.
struct ConfigSection {
    const char* name;
    config::Settings given; ///< without which it cannot be read
    config::RootReader read;
};

/// Every section, in the order in which training reads them.
std::vector<ConfigSection> config_sections();

/// What is said of `section` and its keys by those who read it.
std::vector<config::KeyDescription> describe_section(const ConfigSection& section);

/// The sections; of one of them, or of a key, all keys that begin so. Throws ConfigError where there is none.
std::string config_help(const std::string& topic);

/// docs/config.md.
std::string config_page();

} // namespace tacit::cli
