// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "pipeline/shards/dataset.hpp"

#include <cstdint>
#include <functional>

namespace tacit::shards {

/// What to do with an image: its index, its numbers (Dataset::values) and which of the threads this is.
using LookAtImage = std::function<void(std::int64_t index, const StoredImage& image, std::size_t thread)>;
/// Called by the calling thread when all images below `end` have been looked at.
using ImagesDone = std::function<void(std::int64_t end)>;

/// Reads, verifies and decodes every image of a data set once, each block as a whole, with `threads` threads. Throws
/// the DataError of the first damaged block or image, and what `look` throws.
void pass_over_images(const Dataset& dataset, int threads, const LookAtImage& look, const ImagesDone& done);

} // namespace tacit::shards
