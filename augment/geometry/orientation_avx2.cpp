// SPDX-License-Identifier: Apache-2.0
#include "augment/geometry/orientation_kernels.hpp"
#include "augment/simd.hpp"

#if TACIT_SIMD_LEVELS

#include <algorithm>
#include <immintrin.h>

TACIT_FUNCTIONS_FOR(TACIT_AVX2)
namespace tacit::augment {
namespace {

constexpr int kColumns = 4; // of a block: four pixels fill the 16 bytes that are loaded of a row
constexpr int kRows = 8;

inline __m128i load(const std::uint8_t* bytes) {
    return _mm_loadu_si128(reinterpret_cast<const __m128i*>(bytes));
}

/// Rows 0 and 4 from `in` on, their pixels spread to four bytes each.
inline __m256i load_rows(const std::uint8_t* in, std::ptrdiff_t stride, __m256i spread) {
    const __m256i rows = _mm256_inserti128_si256(_mm256_castsi128_si256(load(in)), load(in + 4 * stride), 1);
    return _mm256_shuffle_epi8(rows, spread);
}

/// Eight pixels of four bytes as 24 bytes.
inline void store_column(std::uint8_t* out, __m256i pixels) {
    const __m256i join =
        _mm256_broadcastsi128_si256(_mm_setr_epi8(0, 1, 2, 4, 5, 6, 8, 9, 10, 12, 13, 14, -1, -1, -1, -1));
    const __m256i halves = _mm256_shuffle_epi8(pixels, join);
    const __m256i bytes = _mm256_permutevar8x32_epi32(halves, _mm256_setr_epi32(0, 1, 2, 4, 5, 6, 7, 7));
    _mm_storeu_si128(reinterpret_cast<__m128i*>(out), _mm256_castsi256_si128(bytes));
    _mm_storel_epi64(reinterpret_cast<__m128i*>(out + 16), _mm256_extracti128_si256(bytes, 1));
}

/// Four columns of eight rows: within each half, four pixels of four rows change places.
inline void transpose_block(const std::uint8_t* in, std::ptrdiff_t stride, __m256i spread, std::uint8_t* out,
                            std::ptrdiff_t out_stride) {
    const __m256i row0 = load_rows(in, stride, spread);
    const __m256i row1 = load_rows(in + stride, stride, spread);
    const __m256i row2 = load_rows(in + 2 * stride, stride, spread);
    const __m256i row3 = load_rows(in + 3 * stride, stride, spread);
    const __m256i left01 = _mm256_unpacklo_epi32(row0, row1);
    const __m256i left23 = _mm256_unpacklo_epi32(row2, row3);
    const __m256i right01 = _mm256_unpackhi_epi32(row0, row1);
    const __m256i right23 = _mm256_unpackhi_epi32(row2, row3);
    store_column(out, _mm256_unpacklo_epi64(left01, left23));
    store_column(out + out_stride, _mm256_unpackhi_epi64(left01, left23));
    store_column(out + 2 * out_stride, _mm256_unpacklo_epi64(right01, right23));
    store_column(out + 3 * out_stride, _mm256_unpackhi_epi64(right01, right23));
}

} // namespace

int transpose_rgb_avx2(const TransposeRgb& work) {
    const int rows = work.height / kRows * kRows;
    if (work.width < 6) { // no row has the 16 bytes
        return 0;
    }
    const __m128i spread = _mm_setr_epi8(0, 1, 2, -1, 3, 4, 5, -1, 6, 7, 8, -1, 9, 10, 11, -1);
    for (int block = 0; block < work.width; block += kColumns) {
        // The last block may do some columns again, and its bytes are those that end with the row.
        const int x = std::min(block, work.width - kColumns);
        const int early = 3 * x + 16 <= 3 * work.width ? 0 : 4;
        const __m256i index = _mm256_broadcastsi128_si256(
            _mm_add_epi8(spread, _mm_set1_epi8(static_cast<char>(early)))); // what was negative stays so
        for (int y = 0; y < rows; y += kRows) {
            transpose_block(work.in + y * work.in_stride + std::ptrdiff_t{3} * x - early, work.in_stride, index,
                            work.out + x * work.out_stride + std::ptrdiff_t{3} * y, work.out_stride);
        }
    }
    return rows;
}

} // namespace tacit::augment
TACIT_FUNCTIONS_END

#endif
