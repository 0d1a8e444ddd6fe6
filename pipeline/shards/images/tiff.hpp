// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "pipeline/shards/images/picture.hpp"

#include <cstdint>
#include <span>
#include <vector>

namespace tacit::shards {

/// TIFF and BigTIFF of 1 to 32 channels in strips or tiles, interleaved or in planes, with libtiff's compressions:
/// unsigned and signed integers of 8 (unsigned only) and 16 bits, floats of 32 and 64 bits. Palettes become
/// 8-bit RGB, white-is-zero is turned round, alpha beside RGB or gray is dropped; CMYK, CIELab and other bit depths are
/// refused. A file of several pages is refused unless `first_page`; smaller copies and masks do not count as pages.
/// Thread-safe. Throw DataError with the reason alone.
bool is_tiff(std::span<const std::uint8_t> bytes);
/// Reads the directories; needs the whole file.
PictureInfo tiff_info(std::span<const std::uint8_t> bytes, bool first_page);
/// Reuses the capacity of `pixels`.
PictureInfo decode_tiff(std::span<const std::uint8_t> bytes, bool first_page, std::vector<std::uint8_t>& pixels);

} // namespace tacit::shards
