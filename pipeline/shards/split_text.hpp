// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "pipeline/shards/image_part.hpp"

#include <string>

namespace tacit::shards {

/// What a file holds of a split, in one line: images, type, data set, classes and the first of their names.
std::string split_text(const FileIndex& index, const std::string& split);

} // namespace tacit::shards
