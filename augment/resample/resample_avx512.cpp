// SPDX-License-Identifier: Apache-2.0
#include "augment/resample/resample_kernels.hpp"
#include "augment/simd.hpp"

#if TACIT_SIMD_LEVELS

#include <cstring>
#include <immintrin.h>

TACIT_FUNCTIONS_FOR(TACIT_AVX512)
namespace tacit::augment {
namespace {

/// Four vectors.
struct Quad {
    __m512i row[kRowsAtOnce];
};

/// Adds two taps of every value from the windows of the four rows.
inline void add_taps(Quad& sums, const Quad& windows, const RowPlan::Step& step) {
    constexpr __mmask64 kLowBytes = 0x5555555555555555; // of 16-bit values
    const __m512i index = _mm512_load_si512(step.index.data());
    const __m512i weights = _mm512_load_si512(step.weights.data());
    TACIT_UNROLL(4)
    for (std::size_t r = 0; r < kRowsAtOnce; ++r) {
        const __m512i taps = _mm512_maskz_permutexvar_epi8(kLowBytes, index, windows.row[r]);
        sums.row[r] = _mm512_dpwssd_epi32(sums.row[r], taps, weights);
    }
}

/// The sums without their fraction and clamped: in every quarter four bytes of each of them in turn.
inline __m512i narrow(Quad sums, __m128i precision) {
    TACIT_UNROLL(4)
    for (__m512i& sum : sums.row) {
        sum = _mm512_sra_epi32(sum, precision);
    }
    return _mm512_packus_epi16(_mm512_packs_epi32(sums.row[0], sums.row[1]),
                               _mm512_packs_epi32(sums.row[2], sums.row[3]));
}

inline void store_quarters(const RowQuad& rows, std::size_t place, const Quad& sums, __m128i precision) {
    const __m512i by_row = _mm512_setr_epi32(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15);
    const __m512i values = _mm512_permutexvar_epi32(by_row, narrow(sums, precision));
    _mm_storeu_si128(reinterpret_cast<__m128i*>(rows.out[0] + place), _mm512_castsi512_si128(values));
    _mm_storeu_si128(reinterpret_cast<__m128i*>(rows.out[1] + place), _mm512_extracti32x4_epi32(values, 1));
    _mm_storeu_si128(reinterpret_cast<__m128i*>(rows.out[2] + place), _mm512_extracti32x4_epi32(values, 2));
    _mm_storeu_si128(reinterpret_cast<__m128i*>(rows.out[3] + place), _mm512_extracti32x4_epi32(values, 3));
}

/// Adds two rows by their weights: the sums of 64 values, in the order in which narrow() leaves them.
inline void add_rows(Quad& sums, __m512i upper, __m512i lower, __m512i weights) {
    const __m512i zero = _mm512_setzero_si512();
    const __m512i left = _mm512_unpacklo_epi8(upper, lower);
    const __m512i right = _mm512_unpackhi_epi8(upper, lower);
    sums.row[0] = _mm512_dpwssd_epi32(sums.row[0], _mm512_unpacklo_epi8(left, zero), weights);
    sums.row[1] = _mm512_dpwssd_epi32(sums.row[1], _mm512_unpackhi_epi8(left, zero), weights);
    sums.row[2] = _mm512_dpwssd_epi32(sums.row[2], _mm512_unpacklo_epi8(right, zero), weights);
    sums.row[3] = _mm512_dpwssd_epi32(sums.row[3], _mm512_unpackhi_epi8(right, zero), weights);
}

/// kPairs is half the number of taps if that is known at compile time, or 0.
template <int kPairs> void blend(RowTaps taps, std::uint8_t* out, int bytes) {
    const int pairs = kPairs > 0 ? kPairs : (taps.count + 1) / 2;
    const __m512i half = _mm512_set1_epi32(1 << (taps.precision - 1));
    const __m128i precision = _mm_cvtsi32_si128(taps.precision);
    const auto part = [&](int start, __mmask64 inside) {
        Quad sums{{half, half, half, half}};
        TACIT_UNROLL(4)
        for (std::ptrdiff_t p = 0; p < pairs; ++p) {
            int weights = 0;
            std::memcpy(&weights, taps.weights + 2 * p, sizeof weights);
            add_rows(sums, _mm512_maskz_loadu_epi8(inside, taps.rows[2 * p] + start),
                     _mm512_maskz_loadu_epi8(inside, taps.rows[2 * p + 1] + start), _mm512_set1_epi32(weights));
        }
        return narrow(sums, precision);
    };
    int start = 0;
    for (; start + 64 <= bytes; start += 64) {
        _mm512_storeu_si512(out + start, part(start, ~__mmask64{0}));
    }
    if (start < bytes) {
        const __mmask64 inside = (__mmask64{1} << (bytes - start)) - 1;
        _mm512_mask_storeu_epi8(out + start, inside, part(start, inside));
    }
}

} // namespace

void resample_across_avx512(const ResampleTable& table, const RowQuad& rows) {
    const RowQuad quad = rows; // whose fields no store can change
    const RowPlan& plan = table.plan();
    const RowPlan::Round* rounds = plan.rounds();
    const RowPlan::Step* steps = plan.steps();
    const int blocks = plan.blocks();
    const __m512i half = _mm512_set1_epi32(1 << (table.precision() - 1));
    const __m128i precision = _mm_cvtsi32_si128(table.precision());
    int round = 0;
    int step = 0;
    for (int block = 0; block < blocks; ++block) {
        Quad left{{half, half, half, half}};
        Quad right = left;
        for (const int end = plan.block_end(block); round < end; ++round) {
            Quad windows;
            TACIT_UNROLL(4)
            for (std::size_t r = 0; r < kRowsAtOnce; ++r) {
                windows.row[r] = _mm512_loadu_si512(quad.in[r] + rounds[round].windows[0]);
            }
            for (const int last = rounds[round].end; step < last; step += 2) {
                add_taps(left, windows, steps[step]);
                add_taps(right, windows, steps[step + 1]);
            }
        }
        const std::size_t place = static_cast<std::size_t>(block) * 2 * RowPlan::kStep;
        store_quarters(quad, place, left, precision);
        store_quarters(quad, place + RowPlan::kStep, right, precision);
    }
}

void resample_down_avx512(const RowTaps& taps, std::uint8_t* out, int bytes) {
    switch ((taps.count + 1) / 2) {
    case 1:
        return blend<1>(taps, out, bytes);
    case 2:
        return blend<2>(taps, out, bytes);
    default:
        return blend<0>(taps, out, bytes);
    }
}

} // namespace tacit::augment
TACIT_FUNCTIONS_END

#endif
