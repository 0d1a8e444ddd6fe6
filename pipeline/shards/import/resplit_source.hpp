// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "pipeline/shards/import/image_source.hpp"

#include <memory>
#include <string>
#include <vector>

namespace tacit::shards {

/// The images of `source` in other splits; `splits`: of each image, "": it is left out.
std::unique_ptr<ImageSource> in_splits(std::unique_ptr<ImageSource> source, const std::vector<std::string>& splits);

} // namespace tacit::shards
