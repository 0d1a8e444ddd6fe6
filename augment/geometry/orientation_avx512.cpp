// SPDX-License-Identifier: Apache-2.0
#include "augment/geometry/orientation_kernels.hpp"
#include "augment/simd.hpp"

#if TACIT_SIMD_LEVELS

#include <algorithm>
#include <array>
#include <immintrin.h>

TACIT_FUNCTIONS_FOR(TACIT_AVX512)
namespace tacit::augment {
namespace {

constexpr int kColumns = 4; // of a block: four pixels fill the 16 bytes that are loaded of a row
constexpr int kRows = 16;
constexpr int kBlockBytes = 3 * kRows * kColumns;
constexpr __mmask64 kColumnBytes = (__mmask64{1} << (3 * kRows)) - 1;

/// Asks for memory that is read soon: in an order in which the processor does not foresee it.
inline void prefetch(const std::uint8_t* bytes, int count) {
    for (int i = 0; i < count; i += 64) {
        _mm_prefetch(reinterpret_cast<const char*>(bytes + i), _MM_HINT_T0);
    }
}

inline __m128i load(const std::uint8_t* bytes) {
    return _mm_loadu_si128(reinterpret_cast<const __m128i*>(bytes));
}

/// 16 bytes of rows 0, 4, 8 and 12 from `in` on, one in each quarter.
inline __m512i load_rows(const std::uint8_t* in, std::ptrdiff_t stride) {
    __m512i rows = _mm512_castsi128_si512(load(in));
    rows = _mm512_inserti32x4(rows, load(in + 4 * stride), 1);
    rows = _mm512_inserti32x4(rows, load(in + 8 * stride), 2);
    return _mm512_inserti32x4(rows, load(in + 12 * stride), 3);
}

/// For every quarter, the bytes of four pixels of three bytes from `first_byte` on, spread to four bytes each.
__m512i spread_index(int first_byte) {
    alignas(64) std::array<std::uint8_t, 64> index{};
    for (int i = 0; i < 64; ++i) {
        const int pixel = i % 16 / 4;
        index[static_cast<std::size_t>(i)] = static_cast<std::uint8_t>(first_byte + 3 * pixel + std::min(i % 4, 2));
    }
    return _mm512_load_si512(index.data());
}

/// The bytes of sixteen pixels of four bytes, joined to three bytes each.
__m512i join_index() {
    alignas(64) std::array<std::uint8_t, 64> index{};
    for (int i = 0; i < 3 * kRows; ++i) {
        index[static_cast<std::size_t>(i)] = static_cast<std::uint8_t>(i / 3 * 4 + i % 3);
    }
    return _mm512_load_si512(index.data());
}

/// Four columns of sixteen rows: within every quarter, four pixels of four rows change places.
inline void transpose_block(const std::uint8_t* in, std::ptrdiff_t stride, __m512i spread, __m512i join,
                            std::uint8_t* out, std::ptrdiff_t out_stride) {
    const __m512i row0 = _mm512_shuffle_epi8(load_rows(in, stride), spread);
    const __m512i row1 = _mm512_shuffle_epi8(load_rows(in + stride, stride), spread);
    const __m512i row2 = _mm512_shuffle_epi8(load_rows(in + 2 * stride, stride), spread);
    const __m512i row3 = _mm512_shuffle_epi8(load_rows(in + 3 * stride, stride), spread);
    const __m512i left01 = _mm512_unpacklo_epi32(row0, row1);
    const __m512i left23 = _mm512_unpacklo_epi32(row2, row3);
    const __m512i right01 = _mm512_unpackhi_epi32(row0, row1);
    const __m512i right23 = _mm512_unpackhi_epi32(row2, row3);
    const auto store = [&](int column, __m512i pixels) {
        _mm512_mask_storeu_epi8(out + column * out_stride, kColumnBytes, _mm512_permutexvar_epi8(join, pixels));
    };
    store(0, _mm512_unpacklo_epi64(left01, left23));
    store(1, _mm512_unpackhi_epi64(left01, left23));
    store(2, _mm512_unpacklo_epi64(right01, right23));
    store(3, _mm512_unpackhi_epi64(right01, right23));
}

/// Where in memory the rows of the blocks from `y` on begin.
const std::uint8_t* next_rows(const TransposeRgb& work, int y) {
    return work.in + (work.in_stride < 0 ? y + kRows - 1 : y) * work.in_stride;
}

} // namespace

int transpose_rgb_avx512(const TransposeRgb& work) {
    const int rows = work.height / kRows * kRows;
    if (work.width < 6) { // no row has the 16 bytes
        return 0;
    }
    const __m512i join = join_index();
    const __m512i early_spread = spread_index(4);
    const __m512i spread = spread_index(0);
    for (int y = 0; y < rows; y += kRows) {
        const std::uint8_t* next = next_rows(work, y + kRows < rows ? y + kRows : y);
        for (int block = 0; block < work.width; block += kColumns, next += kBlockBytes) {
            prefetch(next, kBlockBytes);
            // The last block may do some columns again, and its bytes are those that end with the row.
            const int x = std::min(block, work.width - kColumns);
            const bool early = 3 * x + 16 > 3 * work.width;
            transpose_block(work.in + y * work.in_stride + std::ptrdiff_t{3} * x - (early ? 4 : 0), work.in_stride,
                            early ? early_spread : spread, join, work.out + x * work.out_stride + std::ptrdiff_t{3} * y,
                            work.out_stride);
        }
    }
    return rows;
}

void reverse_rows_avx512(const std::uint8_t* in, std::ptrdiff_t in_stride, int height, int width, int channels,
                         std::uint8_t* out) {
    const int pixels = 64 / channels;
    const int bytes = pixels * channels;
    alignas(64) std::array<std::uint8_t, 64> reversed{};
    for (int i = 0; i < bytes; ++i) {
        reversed[static_cast<std::size_t>(i)] =
            static_cast<std::uint8_t>((pixels - 1 - i / channels) * channels + i % channels);
    }
    constexpr int kAhead = 8; // rows
    const __m512i index = _mm512_load_si512(reversed.data());
    const __mmask64 inside = ~__mmask64{0} >> (64 - bytes);
    const int row = width * channels;
    for (int y = 0; y < height; ++y, in += in_stride, out += row) {
        prefetch(y + kAhead < height ? in + kAhead * in_stride : in, row);
        for (int start = 0; start < row; start += bytes) {
            const int first = std::min(start, row - bytes); // the last may do some pixels again
            const __m512i values = _mm512_maskz_loadu_epi8(inside, in + first);
            _mm512_mask_storeu_epi8(out + (row - bytes - first), inside, _mm512_permutexvar_epi8(index, values));
        }
    }
}

} // namespace tacit::augment
TACIT_FUNCTIONS_END

#endif
