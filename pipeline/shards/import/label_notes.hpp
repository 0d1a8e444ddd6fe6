// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "pipeline/shards/import/image_source.hpp"

#include <string>
#include <vector>

namespace tacit::shards {

/// What is odd about the labels of a source, one line each: images without a label among others, classes that one split
/// has and the training split has not, or the other way round, and classes that no image has.
std::vector<std::string> label_notes(const SourceInfo& source, const std::vector<std::string>& classes);

} // namespace tacit::shards
