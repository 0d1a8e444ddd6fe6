// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "pipeline/shards/images/picture.hpp"

#include <cstdint>
#include <span>
#include <vector>

namespace tacit::shards {

/// Windows bitmaps, uncompressed, of 8 (palette), 24 or 32 bits a pixel. They decode to 3 channels; a palette of grays
/// to 1. The fourth byte of 32 bits is dropped. Thread-safe. Throw DataError with the reason alone.
bool is_bmp(std::span<const std::uint8_t> bytes);
/// Reads the header and the palette.
PictureInfo bmp_info(std::span<const std::uint8_t> bytes);
/// Reuses the capacity of `pixels`.
PictureInfo decode_bmp(std::span<const std::uint8_t> bytes, std::vector<std::uint8_t>& pixels);

} // namespace tacit::shards
