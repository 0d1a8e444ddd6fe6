// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "pipeline/shards/read/element.hpp"

#include <cstddef>
#include <cstdint>

namespace tacit::shards {

/// ITU-R 601 luma of three values, in 16-bit fixed point and rounded, as Pillow's convert("L"). T: std::uint8_t or
/// std::uint16_t.
template <class T> T luma(const T* rgb) {
    constexpr std::uint64_t kRed = 19595;
    constexpr std::uint64_t kGreen = 38470;
    constexpr std::uint64_t kBlue = 7471;
    return static_cast<T>((rgb[0] * kRed + rgb[1] * kGreen + rgb[2] * kBlue + 0x8000U) >> 16U);
}

/// Changes `count` pixels in place from `from` to `to` channels; `pixels` has room for the larger. Gray becomes RGB by
/// repetition, RGB becomes gray by luma (u8 and u16 only). Throws DataError, with the reason alone, for other changes.
void convert_channels(Element element, int from, int to, std::size_t count, std::uint8_t* pixels);

/// Changes `count` values in place from u8 to u16, 255 to 65535; `values` has room for the u16.
void widen_values(std::size_t count, std::uint8_t* values);

} // namespace tacit::shards
