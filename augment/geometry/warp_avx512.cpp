// SPDX-License-Identifier: Apache-2.0
#include "augment/geometry/warp_kernels.hpp"
#include "augment/simd.hpp"

#if TACIT_SIMD_LEVELS

#include <array>
#include <immintrin.h>

TACIT_FUNCTIONS_FOR(TACIT_AVX512)
namespace tacit::augment {
namespace {

constexpr int kPixels = 8; // at a time, in 64 bits each

/// Where bytes of eight pixels go.
struct PixelBytes {
    alignas(64) std::uint8_t upper[2][64] = {}; ///< to words in 32 bits for each channel: a pixel, its right neighbour
    alignas(64) std::uint8_t lower[2][64] = {}; ///< the same of pixels that begin two bytes later
    alignas(64) std::uint8_t blended[64] = {};  ///< from two vectors of such 32 bits
    alignas(64) std::uint8_t picked[32] = {};   ///< from 32 bits a pixel

    constexpr PixelBytes() {
        for (int pixel = 0; pixel < kPixels; ++pixel) {
            for (int c = 0; c < 3; ++c) {
                const int word = 16 * (pixel % 4) + 4 * c;
                for (int side = 0; side < 2; ++side) {
                    const int byte = 8 * pixel + 3 * side + c;
                    upper[pixel / 4][word + 2 * side] = static_cast<std::uint8_t>(byte);
                    lower[pixel / 4][word + 2 * side] = static_cast<std::uint8_t>(byte + 2);
                }
                blended[3 * pixel + c] = static_cast<std::uint8_t>(64 * (pixel / 4) + word);
                picked[3 * pixel + c] = static_cast<std::uint8_t>(4 * pixel + c);
            }
        }
    }
};
constexpr PixelBytes kPixelBytes;
constexpr __mmask32 kPixelMask = (1U << 3 * kPixels) - 1;

/// The coordinate at eight columns.
class Points {
  public:
    Points(Track track, int column)
        : at_(_mm512_add_epi64(
              _mm512_set1_epi64(track.at(column)),
              _mm512_mullo_epi64(_mm512_set1_epi64(track.step), _mm512_setr_epi64(0, 1, 2, 3, 4, 5, 6, 7)))),
          step_(_mm512_set1_epi64(kPixels * track.step)) {}
    void advance() { at_ = _mm512_add_epi64(at_, step_); }
    /// Its whole pixels times a number of 32 bits.
    __m512i whole_times(__m512i factor) const { return _mm512_mul_epu32(_mm512_srli_epi64(at_, kPointBits), factor); }
    __m512i fraction() const {
        return _mm512_and_si512(_mm512_srli_epi64(at_, kWeightShift), _mm512_set1_epi64(kWhole - 1));
    }

  private:
    __m512i at_;
    __m512i step_;
};

/// Two weights of each pixel as words in the lower 32 bits.
struct WeightPairs {
    __m512i upper;
    __m512i lower;
};

inline WeightPairs weights(__m512i right, __m512i down) {
    const __m512i half = _mm512_set1_epi64(kWhole / 2);
    const __m512i w3 = _mm512_srli_epi64(_mm512_add_epi64(_mm512_mul_epu32(right, down), half), kWeightBits);
    const __m512i w2 = _mm512_sub_epi64(down, w3);
    const __m512i w1 = _mm512_sub_epi64(right, w3);
    const __m512i w0 = _mm512_sub_epi64(_mm512_sub_epi64(_mm512_set1_epi64(kWhole), right), w2);
    return {_mm512_or_si512(w0, _mm512_slli_epi64(w1, 16)), _mm512_or_si512(w2, _mm512_slli_epi64(w3, 16))};
}

/// The levels of four pixels in 32 bits each, four to a pixel, of which the fourth means nothing.
template <int kHalf> __m512i blend_half(__m512i upper, __m512i lower, const WeightPairs& pairs) {
    constexpr __mmask64 kWords = 0x0555055505550555;
    constexpr int kFrom = 8 * kHalf;
    const __m512i spread =
        _mm512_setr_epi32(kFrom, kFrom, kFrom, kFrom, kFrom + 2, kFrom + 2, kFrom + 2, kFrom + 2, kFrom + 4, kFrom + 4,
                          kFrom + 4, kFrom + 4, kFrom + 6, kFrom + 6, kFrom + 6, kFrom + 6);
    const __m512i above = _mm512_maskz_permutexvar_epi8(kWords, _mm512_load_si512(kPixelBytes.upper[kHalf]), upper);
    const __m512i below = _mm512_maskz_permutexvar_epi8(kWords, _mm512_load_si512(kPixelBytes.lower[kHalf]), lower);
    __m512i sum = _mm512_set1_epi32(kWhole / 2);
    sum = _mm512_dpwssd_epi32(sum, above, _mm512_permutexvar_epi32(spread, pairs.upper));
    sum = _mm512_dpwssd_epi32(sum, below, _mm512_permutexvar_epi32(spread, pairs.lower));
    return _mm512_srli_epi32(sum, kWeightBits);
}

} // namespace

int blend_rgb_avx512(const WarpRow<std::uint8_t>& row, int begin, int end) {
    const std::ptrdiff_t stride = std::ptrdiff_t{3} * row.source.shape.width;
    const __m512i row_bytes = _mm512_set1_epi64(stride);
    const __m512i pixel_bytes = _mm512_set1_epi64(3);
    const __m512i join = _mm512_load_si512(kPixelBytes.blended);
    Points x(row.x, begin);
    Points y(row.y, begin);
    int column = begin;
    for (; column + kPixels <= end; column += kPixels, x.advance(), y.advance()) {
        const __m512i at = _mm512_add_epi64(y.whole_times(row_bytes), x.whole_times(pixel_bytes));
        // Eight bytes from where two pixels begin, and below them up to where they end: all lie in the image.
        const __m512i upper = _mm512_i64gather_epi64(at, row.source.data, 1);
        const __m512i lower = _mm512_i64gather_epi64(at, row.source.data + stride - 2, 1);
        const WeightPairs pairs = weights(x.fraction(), y.fraction());
        const __m512i pixels =
            _mm512_permutex2var_epi8(blend_half<0>(upper, lower, pairs), join, blend_half<1>(upper, lower, pairs));
        _mm256_mask_storeu_epi8(row.out + std::ptrdiff_t{3} * column, kPixelMask, _mm512_castsi512_si256(pixels));
    }
    return column - begin;
}

int pick_rgb_avx512(const WarpRow<std::uint8_t>& row, int begin, int end) {
    const __m512i row_bytes = _mm512_set1_epi64(std::int64_t{3} * row.source.shape.width);
    const __m512i pixel_bytes = _mm512_set1_epi64(3);
    const __m512i one = _mm512_set1_epi64(1);
    const __m256i join = _mm256_load_si256(reinterpret_cast<const __m256i*>(kPixelBytes.picked));
    Points x(row.x, begin);
    Points y(row.y, begin);
    int column = begin;
    for (; column + kPixels <= end; column += kPixels, x.advance(), y.advance()) {
        const __m512i at = _mm512_add_epi64(y.whole_times(row_bytes), x.whole_times(pixel_bytes));
        // Four bytes of which the pixel is the last three, but for the first pixel of the image.
        const __m512i from = _mm512_sub_epi64(_mm512_max_epi64(at, one), one);
        const __m256i bits = _mm512_cvtepi64_epi32(_mm512_slli_epi64(_mm512_sub_epi64(at, from), 3));
        const __m256i words = _mm256_srlv_epi32(_mm512_i64gather_epi32(from, row.source.data, 1), bits);
        _mm256_mask_storeu_epi8(row.out + std::ptrdiff_t{3} * column, kPixelMask, _mm256_permutexvar_epi8(join, words));
    }
    return column - begin;
}

} // namespace tacit::augment
TACIT_FUNCTIONS_END

#endif
