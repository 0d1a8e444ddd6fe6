// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "augment/random/draws.hpp"

#include <cstddef>
#include <cstdint>
#include <span>

namespace tacit::augment {

/// Random bytes that come together: eight Philox blocks.
inline constexpr std::size_t kBulkBytes = 128;

/// Fills `bytes` (a multiple of kBulkBytes) with the bulk blocks of `draws`, from group `first` on. Within a group,
/// words 0 and 1 of the eight blocks come first, then words 2 and 3, each little-endian.
void fill_random(const Draws& draws, std::uint32_t first, std::span<std::uint8_t> bytes);

} // namespace tacit::augment
