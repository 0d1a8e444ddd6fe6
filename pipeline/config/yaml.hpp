// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "pipeline/config/node.hpp"

#include <string>

namespace tacit::config {

/// Bounds of a config; far above what a person writes, far below what hurts.
inline constexpr std::size_t kMaxBytes = std::size_t{1} << 20;
inline constexpr int kMaxDepth = 32;
inline constexpr int kMaxNodes = 10000;

/// Parses one YAML document. Messages and origins begin with `name`, followed by ":line" if `with_lines`.
/// Throws ConfigError for bad YAML, more than one document, anchors, aliases, tags, keys that are no plain
/// words, repeated keys, and whatever exceeds the bounds above.
Node parse_yaml(const std::string& text, const std::string& name, bool with_lines);

/// The tree as YAML, one entry a line; parse_yaml() gives the same tree back.
/// `with_origins`: each value is followed by "# " and its origin.
std::string write_yaml(const Node& mapping, bool with_origins);

/// A scalar or a list of scalars on one line.
std::string value_yaml(const Node& node);

} // namespace tacit::config
