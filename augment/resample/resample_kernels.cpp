// SPDX-License-Identifier: Apache-2.0
#include "augment/resample/resample_kernels.hpp"

#include "augment/simd.hpp"

#include <algorithm>

namespace tacit::augment {
namespace {

std::uint8_t clamped(int sum, int precision) {
    return static_cast<std::uint8_t>(std::clamp(sum >> precision, 0, 255));
}

/// kTogether channels are summed at once; a divisor of their count.
template <int kTogether> void resample_row(const ResampleTable& table, const std::uint8_t* in, std::uint8_t* out) {
    const auto [outputs, channels, precision] =
        std::array{table.key().axis.out, table.key().channels, table.precision()};
    for (int x = 0; x < outputs; ++x) {
        const std::uint8_t* pixels = in + static_cast<std::ptrdiff_t>(table.first(x)) * channels;
        const std::int16_t* weights = table.weights(x);
        const int count = table.count(x);
        for (int channel = 0; channel < channels; channel += kTogether) {
            std::array<int, kTogether> sums;
            sums.fill(1 << (precision - 1));
            for (int t = 0; t < count; ++t) {
                for (int c = 0; c < kTogether; ++c) {
                    sums[static_cast<std::size_t>(c)] += weights[t] * pixels[t * channels + channel + c];
                }
            }
            for (const int sum : sums) {
                *out++ = clamped(sum, precision);
            }
        }
    }
}

} // namespace

const ResampleKernels& resample_kernels() {
    static constexpr ResampleKernels kScalar{{}, resample_across_scalar, resample_down_scalar};
#if TACIT_SIMD_LEVELS
    static constexpr ResampleKernels kAvx2{{16, 4}, resample_across_avx2, resample_down_avx2};
    static constexpr ResampleKernels kAvx512{{32, 1}, resample_across_avx512, resample_down_avx512};
    switch (simd_level()) {
    case SimdLevel::avx512:
        return kAvx512;
    case SimdLevel::avx2:
        return kAvx2;
    case SimdLevel::scalar:
        break;
    }
#endif
    return kScalar;
}

void resample_across_scalar(const ResampleTable& table, const RowQuad& rows) {
    const auto row = table.key().channels == 3 ? resample_row<3> : resample_row<1>;
    for (std::size_t r = 0; r < kRowsAtOnce; ++r) {
        row(table, rows.in[r], rows.out[r]);
    }
}

void resample_down_scalar(const RowTaps& taps, std::uint8_t* out, int bytes) {
    constexpr int kPart = 256;
    std::array<int, kPart> sums;
    for (int start = 0; start < bytes; start += kPart) {
        const int length = std::min(bytes - start, kPart);
        sums.fill(1 << (taps.precision - 1));
        for (int t = 0; t < taps.count; ++t) {
            const std::uint8_t* row = taps.rows[t] + start;
            const int weight = taps.weights[t];
            for (int i = 0; i < length; ++i) {
                sums[static_cast<std::size_t>(i)] += weight * row[i];
            }
        }
        for (int i = 0; i < length; ++i) {
            out[start + i] = clamped(sums[static_cast<std::size_t>(i)], taps.precision);
        }
    }
}

} // namespace tacit::augment
