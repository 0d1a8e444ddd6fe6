// SPDX-License-Identifier: Apache-2.0
#include "augment/resample_kernels.hpp"
#include "augment/simd.hpp"

#if TACIT_SIMD_LEVELS

#include <immintrin.h>

#pragma GCC target("arch=x86-64-v4,avx512vbmi,avx512vnni")
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized" // GCC 12's own header trips it

namespace tacit::augment {
namespace {

/// sums[r] += the two taps that `step` takes for every value of the block out of the window at `in[r]`.
inline __m512i add_taps(__m512i sum, const std::uint8_t* window, __m512i index, __m512i weights) {
    constexpr __mmask64 kLowBytes = 0x5555555555555555; // of the 16-bit values
    const __m512i taps = _mm512_maskz_permutexvar_epi8(kLowBytes, index, _mm512_loadu_si512(window));
    return _mm512_dpwssd_epi32(sum, taps, weights);
}

/// The 16 bytes that row `r` gets from the sums, in the r-th quarter.
inline __m512i narrow(__m512i first, __m512i second, __m512i third, __m512i fourth, __m128i precision) {
    const __m512i low = _mm512_packs_epi32(_mm512_sra_epi32(first, precision), _mm512_sra_epi32(second, precision));
    const __m512i high = _mm512_packs_epi32(_mm512_sra_epi32(third, precision), _mm512_sra_epi32(fourth, precision));
    return _mm512_packus_epi16(low, high);
}

} // namespace

void resample_across_avx512(const ResampleTable& table, const RowQuad& rows) {
    const RowPlan& plan = table.plan();
    const __m512i half = _mm512_set1_epi32(1 << (table.precision() - 1));
    const __m128i precision = _mm_cvtsi32_si128(table.precision());
    const __m512i by_row = _mm512_setr_epi32(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15);
    const RowPlan::Step* steps = plan.steps();
    const int* windows = plan.windows();
    int s = 0;
    for (int block = 0; block < plan.blocks(); ++block) {
        __m512i first = half;
        __m512i second = half;
        __m512i third = half;
        __m512i fourth = half;
        for (const int end = plan.block_end(block); s < end; ++s) {
            const __m512i index = _mm512_load_si512(steps[s].index.data());
            const __m512i weights = _mm512_load_si512(steps[s].weights.data());
            first = add_taps(first, rows.in[0] + windows[s], index, weights);
            second = add_taps(second, rows.in[1] + windows[s], index, weights);
            third = add_taps(third, rows.in[2] + windows[s], index, weights);
            fourth = add_taps(fourth, rows.in[3] + windows[s], index, weights);
        }
        const __m512i values = _mm512_permutexvar_epi32(by_row, narrow(first, second, third, fourth, precision));
        const std::ptrdiff_t place = static_cast<std::ptrdiff_t>(block) * RowPlan::kBlock;
        _mm_storeu_si128(reinterpret_cast<__m128i*>(rows.out[0] + place), _mm512_castsi512_si128(values));
        _mm_storeu_si128(reinterpret_cast<__m128i*>(rows.out[1] + place), _mm512_extracti32x4_epi32(values, 1));
        _mm_storeu_si128(reinterpret_cast<__m128i*>(rows.out[2] + place), _mm512_extracti32x4_epi32(values, 2));
        _mm_storeu_si128(reinterpret_cast<__m128i*>(rows.out[3] + place), _mm512_extracti32x4_epi32(values, 3));
    }
}

void resample_down_avx512(const RowTaps& taps, std::uint8_t* out, int bytes) {
    const __m512i zero = _mm512_setzero_si512();
    const __m512i half = _mm512_set1_epi32(1 << (taps.precision - 1));
    const __m128i precision = _mm_cvtsi32_si128(taps.precision);
    for (int i = 0; i < bytes; i += 64) {
        const __mmask64 inside = bytes - i >= 64 ? ~__mmask64{0} : (__mmask64{1} << (bytes - i)) - 1;
        __m512i first = half;
        __m512i second = half;
        __m512i third = half;
        __m512i fourth = half;
        for (int t = 0; t < taps.count; t += 2) {
            const __m512i weights = _mm512_set1_epi32((taps.weights[t] & 0xffff) | (taps.weights[t + 1] << 16));
            const __m512i upper = _mm512_maskz_loadu_epi8(inside, taps.rows[t] + i);
            const __m512i lower = _mm512_maskz_loadu_epi8(inside, taps.rows[t + 1] + i);
            const __m512i left = _mm512_unpacklo_epi8(upper, lower);
            const __m512i right = _mm512_unpackhi_epi8(upper, lower);
            first = _mm512_dpwssd_epi32(first, _mm512_unpacklo_epi8(left, zero), weights);
            second = _mm512_dpwssd_epi32(second, _mm512_unpackhi_epi8(left, zero), weights);
            third = _mm512_dpwssd_epi32(third, _mm512_unpacklo_epi8(right, zero), weights);
            fourth = _mm512_dpwssd_epi32(fourth, _mm512_unpackhi_epi8(right, zero), weights);
        }
        _mm512_mask_storeu_epi8(out + i, inside, narrow(first, second, third, fourth, precision));
    }
}

} // namespace tacit::augment

#endif
