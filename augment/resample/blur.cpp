// SPDX-License-Identifier: Apache-2.0
#include "augment/resample/blur.hpp"

#include "augment/geometry/geometry.hpp"
#include "augment/simd.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>

namespace tacit::augment {
namespace {

/// Taps whose joint weight is below this change no level by more than 1/40, and few by a tenth of that.
constexpr double kNegligibleMass = 1e-4;

/// Weights as 16-bit fractions, of which the pair of taps at distance t has weights[t] together and the centre the
/// rest. Returns the radius kept: outer taps of negligible mass are dropped.
int kernel_weights(int kernel, double sigma, std::uint16_t* weights) {
    const auto density = [sigma](int distance) { return std::exp(-0.5 * (distance / sigma) * (distance / sigma)); };
    int radius = kernel / 2;
    double total = 1.0;
    for (int t = 1; t <= radius; ++t) {
        total += 2.0 * density(t);
    }
    for (double dropped = 0.0; radius > 0; --radius) {
        dropped += 2.0 * density(radius) / total;
        if (dropped > kNegligibleMass) {
            break;
        }
    }
    int rest = 0xFFFF;
    for (int t = 1; t <= radius; ++t) {
        weights[t] = static_cast<std::uint16_t>(std::lround(2.0 * density(t) / total * 0x10000));
        rest -= weights[t];
    }
    weights[0] = static_cast<std::uint16_t>(rest + 1);
    return radius;
}

// Levels go into a pass in steps of 1/128, so that the sum of two has 16 bits, and come out in steps of 1/256.

/// The upper 16 bits of the product of a pair of taps with its weight.
inline std::uint16_t weighed(std::uint16_t a, std::uint16_t b, std::uint16_t weight) {
    return static_cast<std::uint16_t>((std::uint32_t{a} + b) * weight >> 16);
}

TACIT_KERNEL void add_pair(const std::uint16_t* before, const std::uint16_t* after, std::uint16_t weight,
                           std::uint16_t* __restrict sums, std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) {
        sums[i] = static_cast<std::uint16_t>(sums[i] + weighed(before[i], after[i], weight));
    }
}

/// Up to this radius products are rounded down one by one, for speed.
constexpr int kNarrowRadius = 64;

/// What that loses on average is added in advance: at most an eighth of a level.
int rounding_loss(int radius) {
    return (radius + 1) / 2;
}

/// sums[i] = sum of taps[t][i] over t in [-radius, radius], weighed.
TACIT_KERNEL void convolve(const std::uint16_t* const* taps, const std::uint16_t* weights, int radius, int start,
                           std::uint16_t* __restrict sums, std::size_t count) {
    std::fill_n(sums, count, static_cast<std::uint16_t>(start));
    for (int t = 0; t <= radius; ++t) {
        add_pair(taps[-t], taps[t], weights[t], sums, count);
    }
}

#if TACIT_SIMD_LEVELS
/// The same; reads and writes whole cache lines, three at a time as rows of three channels often have.
TACIT_TARGET_AVX512 void convolve_avx512(const std::uint16_t* const* taps, const std::uint16_t* weights, int radius,
                                         std::uint16_t* sums, std::size_t count) {
    const __m512i loss = _mm512_set1_epi16(static_cast<short>(rounding_loss(radius)));
    std::size_t i = 0;
    for (; i + 64 < count; i += 96) {
        __m512i sum0 = loss;
        __m512i sum1 = loss;
        __m512i sum2 = loss;
        for (int t = 0; t <= radius; ++t) {
            const std::uint16_t* before = taps[-t] + i;
            const std::uint16_t* after = taps[t] + i;
            const __m512i weight = _mm512_set1_epi16(static_cast<short>(weights[t]));
            const __m512i pair0 = _mm512_add_epi16(_mm512_loadu_si512(before), _mm512_loadu_si512(after));
            const __m512i pair1 = _mm512_add_epi16(_mm512_loadu_si512(before + 32), _mm512_loadu_si512(after + 32));
            const __m512i pair2 = _mm512_add_epi16(_mm512_loadu_si512(before + 64), _mm512_loadu_si512(after + 64));
            sum0 = _mm512_add_epi16(sum0, _mm512_mulhi_epu16(pair0, weight));
            sum1 = _mm512_add_epi16(sum1, _mm512_mulhi_epu16(pair1, weight));
            sum2 = _mm512_add_epi16(sum2, _mm512_mulhi_epu16(pair2, weight));
        }
        _mm512_storeu_si512(sums + i, sum0);
        _mm512_storeu_si512(sums + i + 32, sum1);
        _mm512_storeu_si512(sums + i + 64, sum2);
    }
    for (; i < count; i += 32) {
        __m512i sum = loss;
        for (int t = 0; t <= radius; ++t) {
            const __m512i pair = _mm512_add_epi16(_mm512_loadu_si512(taps[-t] + i), _mm512_loadu_si512(taps[t] + i));
            sum = _mm512_add_epi16(sum, _mm512_mulhi_epu16(pair, _mm512_set1_epi16(static_cast<short>(weights[t]))));
        }
        _mm512_storeu_si512(sums + i, sum);
    }
}

/// Two rows of sums below each other, of taps[-radius..radius] and of taps[1 - radius..1 + radius]: each row of taps is
/// loaded once for both.
TACIT_TARGET_AVX512 void convolve_two_avx512(const std::uint16_t* const* taps, const std::uint16_t* weights, int radius,
                                             std::uint16_t* upper, std::uint16_t* lower, std::size_t count) {
    const __m512i loss = _mm512_set1_epi16(static_cast<short>(rounding_loss(radius)));
    for (std::size_t i = 0; i < count; i += 32) {
        __m512i above = _mm512_loadu_si512(taps[0] + i); // taps[1 - t] and taps[t] at distance t
        __m512i below = _mm512_loadu_si512(taps[1] + i);
        const __m512i weight0 = _mm512_set1_epi16(static_cast<short>(weights[0]));
        __m512i upper_sum = _mm512_add_epi16(loss, _mm512_mulhi_epu16(_mm512_add_epi16(above, above), weight0));
        __m512i lower_sum = _mm512_add_epi16(loss, _mm512_mulhi_epu16(_mm512_add_epi16(below, below), weight0));
        for (int t = 1; t <= radius; ++t) {
            const __m512i weight = _mm512_set1_epi16(static_cast<short>(weights[t]));
            const __m512i next_above = _mm512_loadu_si512(taps[-t] + i);
            const __m512i next_below = _mm512_loadu_si512(taps[1 + t] + i);
            const __m512i upper_pair = _mm512_add_epi16(next_above, below);
            const __m512i lower_pair = _mm512_add_epi16(above, next_below);
            upper_sum = _mm512_add_epi16(upper_sum, _mm512_mulhi_epu16(upper_pair, weight));
            lower_sum = _mm512_add_epi16(lower_sum, _mm512_mulhi_epu16(lower_pair, weight));
            above = next_above;
            below = next_below;
        }
        _mm512_storeu_si512(upper + i, upper_sum);
        _mm512_storeu_si512(lower + i, lower_sum);
    }
}
#endif

/// The same of any radius, rounded once.
TACIT_KERNEL void convolve_wide(const std::uint16_t* const* taps, const std::uint16_t* weights, int radius,
                                std::uint32_t* __restrict totals, std::uint16_t* __restrict sums, std::size_t count) {
    std::fill_n(totals, count, std::uint32_t{0x8000});
    for (int t = 0; t <= radius; ++t) {
        const std::uint16_t* before = taps[-t];
        const std::uint16_t* after = taps[t];
        const std::uint32_t weight = weights[t];
        for (std::size_t i = 0; i < count; ++i) {
            totals[i] += (std::uint32_t{before[i]} + after[i]) * weight;
        }
    }
    for (std::size_t i = 0; i < count; ++i) {
        sums[i] = static_cast<std::uint16_t>(totals[i] >> 16);
    }
}

TACIT_KERNEL void halve(std::uint16_t* sums, std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) {
        sums[i] = static_cast<std::uint16_t>((sums[i] + 1) >> 1);
    }
}

TACIT_KERNEL void widen(const std::uint8_t* values, std::uint16_t* __restrict out, std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) {
        out[i] = static_cast<std::uint16_t>(values[i] << 7);
    }
}

TACIT_KERNEL void round_row(const std::uint16_t* sums, std::uint8_t* __restrict out, std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) {
        out[i] = static_cast<std::uint8_t>(static_cast<std::uint16_t>(sums[i] + 128) >> 8);
    }
}

/// The two passes over one image. Rows of the first pass stay in a ring until the second has used them.
class Blur {
  public:
    Blur(MutableImageView image, const std::uint16_t* weights, int radius, BlurScratch& scratch)
        : image_(image), weights_(weights), radius_(radius),
          values_(std::ptrdiff_t{image.shape.width} * image.shape.channels),
          ring_(std::min(image.shape.height, 2 * radius + 2)) {
        const std::ptrdiff_t padding = static_cast<std::ptrdiff_t>(2) * radius * image.shape.channels;
        stride_ = (values_ + kLine - 1) / kLine * kLine;
        const std::ptrdiff_t all = (ring_ + 3) * stride_ + padding + kLine;
        rows_ = scratch.rows.get(static_cast<std::size_t>(all / kLine))->values.data();
        sums_ = rows_ + ring_ * stride_;
        line_ = sums_ + 2 * stride_;
        totals_ = scratch.totals.get(count());
        taps_ = scratch.taps.get(2 * static_cast<std::size_t>(radius) + 2) + radius;
    }

    void run() {
        const int height = image_.shape.height;
        for (int y = 0, ready = 0; y < height; y += 2) {
            for (; ready < std::min(y + radius_ + 2, height); ++ready) {
                blur_row(ready);
            }
            for (int t = -radius_; t <= radius_ + 1; ++t) {
                taps_[t] = row(reflected(y + t, height));
            }
            const int made = std::min(2, height - y);
            convolve_column(made);
            for (int i = 0; i < made; ++i) {
                simd<round_row>(static_cast<const std::uint16_t*>(sums_ + i * stride_), image_.data + (y + i) * values_,
                                count());
            }
        }
    }

  private:
    static constexpr std::ptrdiff_t kLine = 32;

    std::size_t count() const { return static_cast<std::size_t>(values_); }
    std::uint16_t* row(int y) { return rows_ + y % ring_ * stride_; }

    void convolve_row(const std::uint16_t* const* taps, std::uint16_t* sums) {
        if (radius_ > kNarrowRadius) {
            simd<convolve_wide>(taps, weights_, radius_, totals_, sums, count());
            return;
        }
#if TACIT_SIMD_LEVELS
        if (simd_level() == SimdLevel::avx512) {
            convolve_avx512(taps, weights_, radius_, sums, count());
            return;
        }
#endif
        simd<convolve>(taps, weights_, radius_, rounding_loss(radius_), sums, count());
    }

    /// One or two rows of the second pass.
    void convolve_column(int rows) {
#if TACIT_SIMD_LEVELS
        if (rows == 2 && radius_ <= kNarrowRadius && simd_level() == SimdLevel::avx512) {
            convolve_two_avx512(taps_, weights_, radius_, sums_, sums_ + stride_, count());
            return;
        }
#endif
        for (int i = 0; i < rows; ++i) {
            convolve_row(taps_ + i, sums_ + i * stride_);
        }
    }

    void blur_row(int y) {
        const std::ptrdiff_t channels = image_.shape.channels;
        const int width = image_.shape.width;
        const std::uint8_t* pixels = image_.data + y * values_;
        std::uint16_t* centre = line_ + radius_ * channels;
        simd<widen>(pixels, centre, count());
        for (int x = 1; x <= radius_; ++x) {
            std::copy_n(centre + reflected(-x, width) * channels, channels, centre - x * channels);
            std::copy_n(centre + reflected(width - 1 + x, width) * channels, channels,
                        centre + (width - 1 + x) * channels);
        }
        for (int t = -radius_; t <= radius_; ++t) {
            taps_[t] = centre + t * channels;
        }
        convolve_row(taps_, row(y));
        simd<halve>(row(y), count());
    }

    MutableImageView image_;
    const std::uint16_t* weights_;
    int radius_;
    std::ptrdiff_t values_; // of a row
    int ring_;              // rows kept
    std::ptrdiff_t stride_ = 0;
    std::uint16_t* rows_ = nullptr;
    std::uint16_t* sums_ = nullptr;
    std::uint32_t* totals_ = nullptr;
    std::uint16_t* line_ = nullptr;        // a row with its borders
    const std::uint16_t** taps_ = nullptr; // of the middle
};

} // namespace

void gaussian_blur(MutableImageView image, int kernel, double sigma, BlurScratch& scratch) {
    std::uint16_t* weights = scratch.weights.get(static_cast<std::size_t>(kernel / 2) + 1);
    const int radius = kernel_weights(kernel, sigma, weights);
    if (radius > 0) {
        Blur(image, weights, radius, scratch).run();
    }
}

} // namespace tacit::augment
