// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

namespace tacit {

/// A PNG file of an interleaved [height, width, channels] uint8 image; channels is 1 (grey) or 3 (RGB).
/// Throws std::logic_error for another shape, Error when libpng fails.
std::string encode_png(const std::uint8_t* pixels, int height, int width, int channels);
/// The same with 16 bits a value.
std::string encode_png(const std::uint16_t* pixels, int height, int width, int channels);

} // namespace tacit
