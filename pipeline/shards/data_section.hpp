// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "pipeline/shards/data_spec.hpp"

#include <string>

namespace tacit::shards {

/// A YAML scalar: in quotes unless it is plainly a word.
std::string yaml_text(const std::string& text);

/// The keys path, images, labels and axes of a `data` section that are not empty, in one line.
std::string section_line(const DataSpec& spec);

} // namespace tacit::shards
