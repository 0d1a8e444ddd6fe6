// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "pipeline/shards/images/picture.hpp"

#include <cstdint>
#include <span>
#include <vector>

namespace tacit::shards {

// Kinds of image files beside JPEG and PNG, each in the file of its name: how one begins, and what it decodes to, in
// `pixels`, whose capacity is reused; nullptr: its header tells. Thread-safe. All throw DataError with the reason
// alone.

using ImageBytes = std::span<const std::uint8_t>;
using Pixels = std::vector<std::uint8_t>;

/// Windows bitmaps, uncompressed, of 8 (palette), 24 or 32 bits a pixel. They decode to 3 channels; a palette of grays
/// to 1. The fourth byte of 32 bits is dropped.
bool is_bmp(ImageBytes bytes);
PictureInfo read_bmp(ImageBytes bytes, Pixels* pixels);

/// Netpbm's PGM and PPM, plain (P2, P3) and binary (P5, P6): 1 or 3 channels, u8 up to a largest value of 255 and u16
/// above. Values are scaled so that the largest value becomes 255 or 65535.
bool is_pnm(ImageBytes bytes);
PictureInfo read_pnm(ImageBytes bytes, Pixels* pixels);

/// TIFF and BigTIFF of 1 to 32 channels in strips or tiles, interleaved or in planes, with libtiff's compressions:
/// unsigned and signed integers of 8 (unsigned only) and 16 bits, floats of 32 and 64 bits. Palettes become
/// 8-bit RGB, white-is-zero is turned round, alpha beside RGB or gray is dropped; CMYK, CIELab and other bit depths are
/// refused. A file of several pages is refused unless `first_page`; smaller copies and masks do not count as pages.
/// Needs the whole file for its header too.
bool is_tiff(ImageBytes bytes);
PictureInfo read_tiff(ImageBytes bytes, bool first_page, Pixels* pixels);

/// WebP, lossy and lossless, as 8-bit RGB (libwebp; alpha is dropped, animations are refused).
bool is_webp(ImageBytes bytes);
PictureInfo read_webp(ImageBytes bytes, Pixels* pixels);

} // namespace tacit::shards
