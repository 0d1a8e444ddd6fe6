// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "pipeline/cli/command.hpp"
#include "pipeline/config/section.hpp"
#include "pipeline/shards/data_spec.hpp"

#include <string>
#include <vector>

namespace tacit::cli {

/// --images, --labels, --axes, --range, --roots: what the keys of `data` with these names mean.
void add_data_options(OptionTable& table);
/// The data set that PATH (option "path") and these options name. Throws ConfigError for one that means nothing, and
/// where PATH is missing; `purpose` says what for.
shards::DataSpec data_spec(const Call& call, const std::string& purpose);
/// Puts those that were given into the `data` section of a config, over what stands there.
void override_data(const Call& call, config::Document& document);

/// "LO:HI" -> {LO, HI}, as --range has it. Throws ConfigError unless LO < HI.
std::vector<double> range_of(const std::string& text);

} // namespace tacit::cli
