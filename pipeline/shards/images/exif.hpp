// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "augment/image.hpp"

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace tacit::shards {

/// How a camera was held, as the EXIF data of a JPEG say it (tag 0x0112): 1 to 8; 1, upright, for other files, files
/// without it and damaged EXIF data. Looks at the first bytes only. Thread-safe.
int exif_orientation(std::span<const std::uint8_t> file);

/// The shape of an image that is turned upright: 5 to 8 swap height and width.
augment::ImageShape turned_shape(augment::ImageShape shape, int orientation);

/// Turns pixels of `pixel_bytes` bytes each upright. Returns the new shape.
augment::ImageShape turn_upright(std::vector<std::uint8_t>& pixels, augment::ImageShape shape, std::size_t pixel_bytes,
                                 int orientation);

} // namespace tacit::shards
