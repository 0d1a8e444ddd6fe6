// SPDX-License-Identifier: Apache-2.0
#include "augment/normalize/normalize_kernels.hpp"
#include "augment/simd.hpp"

#if TACIT_SIMD_LEVELS

#include <algorithm>
#include <immintrin.h>

TACIT_FUNCTIONS_FOR(TACIT_AVX512)
namespace tacit::augment {
namespace {

constexpr std::size_t kLanes = 16;
constexpr std::size_t kPixels = 2 * kLanes;         // at once
constexpr __mmask64 kLowBytes = 0x1111111111111111; // of 32-bit values

/// For every 32-bit value, the byte of one channel of the pixel of that number.
__m512i channel_index(std::size_t channel) {
    alignas(64) std::array<std::uint8_t, 4 * kLanes> index{};
    for (std::size_t pixel = 0; pixel < kLanes; ++pixel) {
        index[4 * pixel] = static_cast<std::uint8_t>(3 * pixel + channel);
    }
    return _mm512_load_si512(index.data());
}

/// The upper 16 bits of the 32-bit values of two vectors.
__m512i upper_halves() {
    alignas(64) std::array<std::uint16_t, kPixels> index{};
    for (std::size_t i = 0; i < kPixels; ++i) {
        index[i] = static_cast<std::uint16_t>(2 * i + 1);
    }
    return _mm512_load_si512(index.data());
}

inline __m512i rounded(__m512 values) {
    const __m512i bits = _mm512_castps_si512(values);
    const __m512i odd = _mm512_and_si512(_mm512_srli_epi32(bits, 16), _mm512_set1_epi32(1));
    return _mm512_add_epi32(_mm512_add_epi32(bits, _mm512_set1_epi32(0x7FFF)), odd);
}

/// Lanes of a 32-bit mask that belong to the first and to the second sixteen pixels.
inline void store(float* to, __mmask32 lanes, __m512 first, __m512 second, __m512i) {
    _mm512_mask_storeu_ps(to, static_cast<__mmask16>(lanes), first);
    _mm512_mask_storeu_ps(to + kLanes, static_cast<__mmask16>(lanes >> kLanes), second);
}

inline void store(BFloat16* to, __mmask32 lanes, __m512 first, __m512 second, __m512i upper) {
    _mm512_mask_storeu_epi16(to, lanes, _mm512_permutex2var_epi16(rounded(first), upper, rounded(second)));
}

/// The first `pixels` of sixteen.
inline __m512i load(const std::uint8_t* in, std::size_t pixels) {
    const std::uint64_t bytes = (std::uint64_t{1} << (3 * std::min(pixels, kLanes))) - 1;
    return _mm512_maskz_loadu_epi8(bytes, in);
}

template <class Out> void normalize(const NormalizeRgb<Out>& work) {
    const __m512i index[] = {channel_index(0), channel_index(1), channel_index(2)};
    const __m512i upper = upper_halves();
    for (std::size_t first = 0; first < work.pixels; first += kPixels) {
        const std::size_t count = std::min(kPixels, work.pixels - first);
        const auto lanes = static_cast<__mmask32>((std::uint64_t{1} << count) - 1);
        const __m512i low = load(work.in + 3 * first, count);
        const __m512i high = load(work.in + 3 * (first + kLanes), count - std::min(count, kLanes));
        TACIT_UNROLL(3)
        for (std::size_t c = 0; c < 3; ++c) {
            const auto scaled = [&](__m512i pixels) {
                const __m512i levels = _mm512_maskz_permutexvar_epi8(kLowBytes, index[c], pixels);
                const __m512 product = _mm512_mul_ps(_mm512_cvtepi32_ps(levels), _mm512_set1_ps(work.scale[c]));
                return _mm512_add_ps(product, _mm512_set1_ps(work.shift[c]));
            };
            store(work.planes[c] + first, lanes, scaled(low), scaled(high), upper);
        }
    }
}

} // namespace

void normalize_rgb_avx512(const NormalizeRgb<float>& work) {
    normalize(work);
}

void normalize_rgb_avx512(const NormalizeRgb<BFloat16>& work) {
    normalize(work);
}

} // namespace tacit::augment
TACIT_FUNCTIONS_END

#endif
