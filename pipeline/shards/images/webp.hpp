// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "pipeline/shards/images/picture.hpp"

#include <cstdint>
#include <span>
#include <vector>

namespace tacit::shards {

/// WebP, lossy and lossless, as 8-bit RGB (libwebp; alpha is dropped, animations are refused). Thread-safe. Throw
/// DataError with the reason alone.
bool is_webp(std::span<const std::uint8_t> bytes);
/// Reads the header only.
PictureInfo webp_info(std::span<const std::uint8_t> bytes);
/// Reuses the capacity of `pixels`.
PictureInfo decode_webp(std::span<const std::uint8_t> bytes, std::vector<std::uint8_t>& pixels);

} // namespace tacit::shards
