// SPDX-License-Identifier: Apache-2.0
#include "augment/resample/resample_kernels.hpp"
#include "augment/simd.hpp"

#if TACIT_SIMD_LEVELS

#include <immintrin.h>

TACIT_FUNCTIONS_FOR(TACIT_AVX2)
namespace tacit::augment {
namespace {

constexpr std::size_t kGroups = 4;

inline __m128i load(const void* bytes) {
    return _mm_loadu_si128(static_cast<const __m128i*>(bytes));
}

inline void store(std::uint8_t* bytes, __m128i values) {
    _mm_storeu_si128(reinterpret_cast<__m128i*>(bytes), values);
}

inline __m256i narrow(__m256i first, __m256i second, __m256i third, __m256i fourth, __m128i precision) {
    const __m256i low = _mm256_packs_epi32(_mm256_sra_epi32(first, precision), _mm256_sra_epi32(second, precision));
    const __m256i high = _mm256_packs_epi32(_mm256_sra_epi32(third, precision), _mm256_sra_epi32(fourth, precision));
    return _mm256_packus_epi16(low, high);
}

/// Two rows of the quad: the lower and the upper half of every register.
inline void resample_two_rows(const ResampleTable& table, const RowQuad& rows, std::size_t row) {
    const RowPlan& plan = table.plan();
    const __m256i half = _mm256_set1_epi32(1 << (table.precision() - 1));
    const __m128i precision = _mm_cvtsi32_si128(table.precision());
    int round = 0;
    int step = 0;
    for (int block = 0; block < plan.blocks(); ++block) {
        __m256i sums[kGroups] = {half, half, half, half};
        for (; round < plan.block_end(block); ++round) {
            const RowPlan::Round& now = plan.rounds()[round];
            __m256i windows[kGroups];
            TACIT_UNROLL(4)
            for (std::size_t g = 0; g < kGroups; ++g) {
                const __m256i upper = _mm256_castsi128_si256(load(rows.in[row] + now.windows[g]));
                windows[g] = _mm256_inserti128_si256(upper, load(rows.in[row + 1] + now.windows[g]), 1);
            }
            for (; step < now.end; ++step) {
                const RowPlan::Step& taps = plan.steps()[step];
                TACIT_UNROLL(4)
                for (std::size_t g = 0; g < kGroups; ++g) {
                    const __m256i index = _mm256_broadcastsi128_si256(load(taps.index.data() + 16 * g));
                    const __m256i weights = _mm256_broadcastsi128_si256(load(taps.weights.data() + 8 * g));
                    const __m256i values = _mm256_shuffle_epi8(windows[g], index);
                    sums[g] = _mm256_add_epi32(sums[g], _mm256_madd_epi16(values, weights));
                }
            }
        }
        const __m256i values = narrow(sums[0], sums[1], sums[2], sums[3], precision);
        const std::size_t place = static_cast<std::size_t>(block) * RowPlan::kStep;
        store(rows.out[row] + place, _mm256_castsi256_si128(values));
        store(rows.out[row + 1] + place, _mm256_extracti128_si256(values, 1));
    }
}

inline void blend_part(const RowTaps& taps, std::uint8_t* out, int start) {
    const __m256i zero = _mm256_setzero_si256();
    const __m128i precision = _mm_cvtsi32_si128(taps.precision);
    __m256i first = _mm256_set1_epi32(1 << (taps.precision - 1));
    __m256i second = first;
    __m256i third = first;
    __m256i fourth = first;
    for (int t = 0; t < taps.count; t += 2) {
        const __m256i weights = _mm256_set1_epi32((taps.weights[t] & 0xffff) | (taps.weights[t + 1] << 16));
        const __m256i upper = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(taps.rows[t] + start));
        const __m256i lower = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(taps.rows[t + 1] + start));
        const __m256i left = _mm256_unpacklo_epi8(upper, lower);
        const __m256i right = _mm256_unpackhi_epi8(upper, lower);
        first = _mm256_add_epi32(first, _mm256_madd_epi16(_mm256_unpacklo_epi8(left, zero), weights));
        second = _mm256_add_epi32(second, _mm256_madd_epi16(_mm256_unpackhi_epi8(left, zero), weights));
        third = _mm256_add_epi32(third, _mm256_madd_epi16(_mm256_unpacklo_epi8(right, zero), weights));
        fourth = _mm256_add_epi32(fourth, _mm256_madd_epi16(_mm256_unpackhi_epi8(right, zero), weights));
    }
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(out + start), narrow(first, second, third, fourth, precision));
}

} // namespace

void resample_across_avx2(const ResampleTable& table, const RowQuad& rows) {
    resample_two_rows(table, rows, 0);
    resample_two_rows(table, rows, 2);
}

void resample_down_avx2(const RowTaps& taps, std::uint8_t* out, int bytes) {
    constexpr int kPart = 32;
    if (bytes < kPart) {
        resample_down_scalar(taps, out, bytes);
        return;
    }
    for (int start = 0; start < bytes - kPart; start += kPart) {
        blend_part(taps, out, start);
    }
    blend_part(taps, out, bytes - kPart); // may make some bytes again
}

} // namespace tacit::augment
TACIT_FUNCTIONS_END

#endif
