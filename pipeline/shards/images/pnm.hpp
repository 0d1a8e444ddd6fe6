// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "pipeline/shards/images/picture.hpp"

#include <cstdint>
#include <span>
#include <vector>

namespace tacit::shards {

/// Netpbm's PGM and PPM, plain (P2, P3) and binary (P5, P6): 1 or 3 channels, u8 up to a largest value of 255 and u16
/// above. Values are scaled so that the largest value becomes 255 or 65535. Thread-safe. Throw DataError with the
/// reason alone.
bool is_pnm(std::span<const std::uint8_t> bytes);
/// Reads the header only.
PictureInfo pnm_info(std::span<const std::uint8_t> bytes);
/// Reuses the capacity of `pixels`.
PictureInfo decode_pnm(std::span<const std::uint8_t> bytes, std::vector<std::uint8_t>& pixels);

} // namespace tacit::shards
