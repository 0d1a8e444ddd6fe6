// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>

namespace tacit::augment {

/// Pixels of three bytes that are read row by row and written column by column, both from one corner on; a negative
/// stride walks the other way.
struct TransposeRgb {
    const std::uint8_t* in;
    std::ptrdiff_t in_stride; ///< bytes from row to row
    int height;               ///< rows to read
    int width;                ///< pixels to read of each
    std::uint8_t* out;
    std::ptrdiff_t out_stride; ///< bytes from where one column is written to where the next is
};

// These do the whole blocks that they can and return how many rows of `work` they did, every column of them.
int transpose_rgb_avx2(const TransposeRgb& work);
int transpose_rgb_avx512(const TransposeRgb& work);

/// Copies `height` rows, each of its `width` pixels of `channels` bytes in reverse order, to consecutive rows; needs
/// 1 <= 64 / channels <= width.
void reverse_rows_avx512(const std::uint8_t* in, std::ptrdiff_t in_stride, int height, int width, int channels,
                         std::uint8_t* out);

} // namespace tacit::augment
