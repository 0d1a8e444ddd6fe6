// SPDX-License-Identifier: Apache-2.0
#include "augment/noise/noise.hpp"

#include "augment/random/philox_bulk.hpp"
#include "augment/simd.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <numbers>
#include <numeric>

namespace tacit::augment {
namespace {

constexpr std::size_t kQuantiles = 256;
/// Values that are treated at once.
constexpr std::size_t kChunk = 512;

using Normals = std::array<std::int16_t, kChunk>;

/// Newton's method on the normal distribution function, from the neighbouring quantile.
double normal_quantile(double probability, double start) {
    double x = start;
    for (int i = 0; i < 50; ++i) {
        const double error = 0.5 * std::erfc(-x / std::numbers::sqrt2) - probability;
        const double density = std::exp(-0.5 * x * x) / std::sqrt(2.0 * std::numbers::pi);
        const double step = error / density;
        x -= step;
        if (std::abs(step) < 1e-12) {
            break;
        }
    }
    return x;
}

/// Quantile midpoints of the normal distribution whose sum of two has unit variance.
std::array<float, kQuantiles> make_quantiles() {
    std::array<double, kQuantiles> exact{};
    double x = 0.0;
    for (std::size_t i = kQuantiles / 2; i < kQuantiles; ++i) {
        x = normal_quantile((static_cast<double>(i) + 0.5) / kQuantiles, x);
        exact[i] = x;
        exact[kQuantiles - 1 - i] = -x;
    }
    const double squares = std::inner_product(exact.begin(), exact.end(), exact.begin(), 0.0);
    const double scale = std::sqrt(kQuantiles / (2.0 * squares));
    std::array<float, kQuantiles> table{};
    std::transform(exact.begin(), exact.end(), table.begin(),
                   [scale](double value) { return static_cast<float>(scale * value); });
    return table;
}

const std::array<float, kQuantiles>& quantiles() {
    static const std::array<float, kQuantiles> kExact = make_quantiles();
    return kExact;
}

/// The quantiles times `scale`, in whole numbers: their low and high bytes apart.
struct QuantileBytes {
    alignas(64) std::array<std::uint8_t, kQuantiles> low;
    alignas(64) std::array<std::int8_t, kQuantiles> high;

    explicit QuantileBytes(double scale) {
        for (std::size_t i = 0; i < kQuantiles; ++i) {
            const auto value = static_cast<int>(std::lround(quantiles()[i] * scale));
            low[i] = static_cast<std::uint8_t>(value & 255);
            high[i] = static_cast<std::int8_t>(value >> 8);
        }
    }
};

void look_up(const QuantileBytes& table, const std::uint8_t* random, int bits, std::int16_t* normals) {
    const int half = (1 << bits) >> 1;
    for (std::size_t i = 0; i < kChunk; ++i) {
        const std::uint8_t a = random[2 * i];
        const std::uint8_t b = random[2 * i + 1];
        const int sum = (table.high[a] + table.high[b]) * 256 + table.low[a] + table.low[b];
        normals[i] = static_cast<std::int16_t>((sum + half) >> bits);
    }
}

#if TACIT_SIMD_LEVELS
TACIT_TARGET_AVX512 void look_up_avx512(const QuantileBytes& table, const std::uint8_t* random, int bits,
                                        std::int16_t* normals) {
    __m512i low[4];
    __m512i high[4];
    for (std::size_t quarter = 0; quarter < 4; ++quarter) {
        low[quarter] = _mm512_load_si512(table.low.data() + 64 * quarter);
        high[quarter] = _mm512_load_si512(table.high.data() + 64 * quarter);
    }
    const __m512i half = _mm512_set1_epi16(static_cast<short>((1 << bits) >> 1));
    const __m128i shift = _mm_cvtsi32_si128(bits);
    const __m512i ones = _mm512_set1_epi8(1);
    for (std::size_t i = 0; i < kChunk; i += 32) {
        const __m512i index = _mm512_loadu_si512(random + 2 * i);
        const __mmask64 upper = _mm512_movepi8_mask(index);
        const __m512i low_bytes = _mm512_mask_blend_epi8(upper, _mm512_permutex2var_epi8(low[0], index, low[1]),
                                                         _mm512_permutex2var_epi8(low[2], index, low[3]));
        const __m512i high_bytes = _mm512_mask_blend_epi8(upper, _mm512_permutex2var_epi8(high[0], index, high[1]),
                                                          _mm512_permutex2var_epi8(high[2], index, high[3]));
        const __m512i highs = _mm512_maddubs_epi16(ones, high_bytes);
        const __m512i lows = _mm512_maddubs_epi16(low_bytes, ones);
        const __m512i sum = _mm512_add_epi16(_mm512_slli_epi16(highs, 8), lows);
        _mm512_storeu_si512(normals + i, _mm512_sra_epi16(_mm512_add_epi16(sum, half), shift));
    }
}
#endif

/// Standard normals times the scale of the table, rounded to multiples of 2^bits and divided by these, by two random
/// bytes each.
void draw_normals(const QuantileBytes& table, const std::uint8_t* random, int bits, Normals& normals) {
#if TACIT_SIMD_LEVELS
    if (simd_level() == SimdLevel::avx512) {
        look_up_avx512(table, random, bits, normals.data());
        return;
    }
#endif
    look_up(table, random, bits, normals.data());
}

TACIT_KERNEL void add_levels(std::uint8_t* __restrict values, const std::int16_t* __restrict levels,
                             std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) {
        const auto sum = static_cast<std::int16_t>(values[i] + levels[i]);
        values[i] = static_cast<std::uint8_t>(std::clamp<std::int16_t>(sum, 0, 255));
    }
}

TACIT_KERNEL void add_products(std::uint8_t* __restrict values, const std::int16_t* __restrict normals, float scale,
                               std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) {
        const float value = values[i];
        const int sum = static_cast<int>(value + value * (scale * static_cast<float>(normals[i])) + 256.5F) - 256;
        values[i] = static_cast<std::uint8_t>(std::clamp(sum, 0, 255));
    }
}

/// Visits the values a chunk at a time, with two random bytes for each.
template <class Visit> void visit_chunks(std::size_t count, const Draws& draws, Visit visit) {
    alignas(64) std::array<std::uint8_t, 2 * kChunk> random;
    constexpr std::size_t kGroups = random.size() / kBulkBytes;
    std::uint32_t group = 0;
    for (std::size_t first = 0; first < count; first += kChunk, group += kGroups) {
        fill_random(draws, group, random);
        visit(first, std::min(kChunk, count - first), random.data());
    }
}

std::uint16_t bits_of(const std::uint8_t* random, std::size_t i) {
    return static_cast<std::uint16_t>(random[2 * i] | random[2 * i + 1] << 8);
}

constexpr double kNormalScale = 4096.0;

/// In [0, 1]; 0 for what is no number.
float clipped(float value) {
    return value > 0.0F ? std::min(value, 1.0F) : 0.0F;
}

/// Visits values with the standard normal of each, which the uint8 functions round.
template <class Visit> void visit_normals(std::span<float> values, const Draws& draws, Visit visit) {
    visit_chunks(values.size(), draws, [&](std::size_t first, std::size_t count, const std::uint8_t* random) {
        for (std::size_t i = 0; i < count; ++i) {
            const float normal = quantiles()[random[2 * i]] + quantiles()[random[2 * i + 1]];
            visit(values[first + i], normal, bits_of(random, i));
        }
    });
}

double poisson_count(double mean, std::uint16_t bits, double normal) {
    constexpr double kFewPhotons = 10.0;
    if (mean >= kFewPhotons) {
        return std::max(0.0, std::floor(mean + normal * std::sqrt(mean) + (normal * normal - 1.0) / 6.0 + 0.5));
    }
    const double uniform = (bits + 0.5) / 0x10000;
    double count = 0.0;
    double probability = std::exp(-mean);
    for (double below = probability; below < uniform; below += probability) {
        count += 1.0;
        probability *= mean / count;
    }
    return count;
}

} // namespace

void add_gaussian_noise(std::span<std::uint8_t> values, double deviation, const Draws& draws) {
    // As many bits behind the point as leave room for 4.2 deviations and the rounding.
    constexpr double kLargest = 16384.0 / 4.2;
    int bits = 12;
    while (bits > 0 && deviation * (1 << bits) > kLargest) {
        --bits;
    }
    const QuantileBytes table(deviation * (1 << bits));
    Normals levels;
    visit_chunks(values.size(), draws, [&](std::size_t first, std::size_t count, const std::uint8_t* random) {
        draw_normals(table, random, bits, levels);
        simd<add_levels>(values.data() + first, static_cast<const std::int16_t*>(levels.data()), count);
    });
}

void add_speckle_noise(std::span<std::uint8_t> values, double deviation, const Draws& draws) {
    static const QuantileBytes kTable(kNormalScale);
    // Beyond 100 deviations a level but black is white or black.
    const auto scale = static_cast<float>(std::min(deviation, 100.0) / kNormalScale);
    Normals normals;
    visit_chunks(values.size(), draws, [&](std::size_t first, std::size_t count, const std::uint8_t* random) {
        draw_normals(kTable, random, 0, normals);
        simd<add_products>(values.data() + first, static_cast<const std::int16_t*>(normals.data()), scale, count);
    });
}

void add_poisson_noise(std::span<std::uint8_t> values, double peak, const Draws& draws) {
    static const QuantileBytes kTable(kNormalScale);
    Normals normals;
    visit_chunks(values.size(), draws, [&](std::size_t first, std::size_t count, const std::uint8_t* random) {
        draw_normals(kTable, random, 0, normals);
        for (std::size_t i = 0; i < count; ++i) {
            std::uint8_t& value = values[first + i];
            const double counted = poisson_count(value * peak / 255.0, bits_of(random, i), normals[i] / kNormalScale);
            value = static_cast<std::uint8_t>(std::min(255.0, counted * 255.0 / peak + 0.5));
        }
    });
}

void add_gaussian_noise(std::span<float> values, double deviation, const Draws& draws) {
    const auto scale = static_cast<float>(deviation);
    visit_normals(values, draws, [scale](float& value, float normal, std::uint16_t /*bits*/) {
        value = clipped(value + scale * normal);
    });
}

void add_speckle_noise(std::span<float> values, double deviation, const Draws& draws) {
    const auto scale = static_cast<float>(deviation);
    visit_normals(values, draws, [scale](float& value, float normal, std::uint16_t /*bits*/) {
        value = clipped(value + value * (scale * normal));
    });
}

void add_poisson_noise(std::span<float> values, double peak, const Draws& draws) {
    visit_normals(values, draws, [peak](float& value, float normal, std::uint16_t bits) {
        value = clipped(static_cast<float>(poisson_count(clipped(value) * peak, bits, normal) / peak));
    });
}

namespace {

template <class T>
void salt_and_pepper(BasicMutableImageView<T> image, double amount, double salt, const Draws& draws) {
    const auto channels = static_cast<std::size_t>(image.shape.channels);
    const auto replaced = static_cast<int>(std::lround(amount * 0x10000));
    const auto white = static_cast<int>(std::lround(amount * salt * 0x10000));
    visit_chunks(
        image.shape.values() / channels, draws, [&](std::size_t first, std::size_t count, const std::uint8_t* random) {
            for (std::size_t i = 0; i < count; ++i) {
                const int bits = bits_of(random, i);
                if (bits < replaced) {
                    std::fill_n(image.data + (first + i) * channels, channels, bits < white ? kWhite<T> : T{0});
                }
            }
        });
}

} // namespace

void add_salt_and_pepper(MutableImageView image, double amount, double salt, const Draws& draws) {
    salt_and_pepper(image, amount, salt, draws);
}

void add_salt_and_pepper(MutableFloatImageView image, double amount, double salt, const Draws& draws) {
    salt_and_pepper(image, amount, salt, draws);
}

} // namespace tacit::augment
