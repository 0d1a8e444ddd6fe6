// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "augment/image.hpp"

#include <cstdint>

namespace tacit::augment {

/// Bits of fraction of a coordinate in the source.
inline constexpr int kPointBits = 32;
/// Bits of a weight: those of the fraction that count.
inline constexpr int kWeightBits = 14;
inline constexpr int kWeightShift = kPointBits - kWeightBits;
inline constexpr int kWhole = 1 << kWeightBits;

/// A coordinate of the source along an output row.
struct Track {
    std::int64_t start;
    std::int64_t step;
    std::int64_t at(int column) const { return start + column * step; }
};

/// One row of the result in the making.
template <class T> struct WarpRow {
    BasicImageView<T> source;
    Track x;
    Track y;
    T* out;
};

// Eight pixels of three channels at a time, from the column `begin` on; the number of columns made is returned. All
// pixels that the columns [begin, end) are made of lie in the source.
int blend_rgb_avx512(const WarpRow<std::uint8_t>& row, int begin, int end);
int pick_rgb_avx512(const WarpRow<std::uint8_t>& row, int begin, int end);

} // namespace tacit::augment
