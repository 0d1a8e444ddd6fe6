// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "pipeline/shards/read/image_part.hpp"

#include <string>
#include <vector>

namespace tacit::shards {

/// What the files of a split hold, in one line: images, type, data set, classes and the first of their names.
std::string split_text(const std::vector<FileIndex>& files, const std::string& split);

} // namespace tacit::shards
