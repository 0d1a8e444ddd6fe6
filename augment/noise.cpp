// SPDX-License-Identifier: Apache-2.0
#include "augment/noise.hpp"

#include "augment/simd.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <numbers>

namespace tacit::augment {
namespace {

constexpr std::size_t kQuantiles = 4096;
constexpr std::size_t kLanes = 16;
constexpr std::size_t kWordsPerGroup = 4 * kLanes;
constexpr std::size_t kValuesPerGroup = 2 * kWordsPerGroup;

using QuantileTable = std::array<float, kQuantiles>;

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

QuantileTable make_quantiles() {
    std::array<double, kQuantiles> exact{};
    double x = 0.0;
    double squares = 0.0;
    for (std::size_t i = kQuantiles / 2; i < kQuantiles; ++i) {
        x = normal_quantile((static_cast<double>(i) + 0.5) / kQuantiles, x);
        exact[i] = x;
        exact[kQuantiles - 1 - i] = -x;
        squares += 2.0 * x * x;
    }
    const double scale = std::sqrt(kQuantiles / squares);
    QuantileTable table{};
    std::transform(exact.begin(), exact.end(), table.begin(),
                   [scale](double value) { return static_cast<float>(scale * value); });
    return table;
}

const QuantileTable& quantiles() {
    static const QuantileTable kTable = make_quantiles();
    return kTable;
}

/// Sixteen consecutive Philox blocks; word w of block b goes to words[w * kLanes + b].
TACIT_KERNEL void philox_group(const PhiloxCounter& counter, PhiloxKey key, std::uint32_t* words) {
    std::uint32_t lanes[4][kLanes];
    for (std::size_t lane = 0; lane < kLanes; ++lane) {
        lanes[0][lane] = counter[0];
        lanes[1][lane] = counter[1];
        lanes[2][lane] = counter[2];
        lanes[3][lane] = counter[3] + static_cast<std::uint32_t>(lane);
    }
    for (int round = 0; round < 10; ++round) {
        for (std::size_t lane = 0; lane < kLanes; ++lane) {
            const std::uint64_t product0 = std::uint64_t{0xD2511F53U} * lanes[0][lane];
            const std::uint64_t product1 = std::uint64_t{0xCD9E8D57U} * lanes[2][lane];
            lanes[0][lane] = static_cast<std::uint32_t>(product1 >> 32) ^ lanes[1][lane] ^ key[0];
            lanes[1][lane] = static_cast<std::uint32_t>(product1);
            lanes[2][lane] = static_cast<std::uint32_t>(product0 >> 32) ^ lanes[3][lane] ^ key[1];
            lanes[3][lane] = static_cast<std::uint32_t>(product0);
        }
        key[0] += 0x9E3779B9U;
        key[1] += 0xBB67AE85U;
    }
    std::copy(&lanes[0][0], &lanes[0][0] + kWordsPerGroup, words);
}

std::uint8_t noisy(std::uint8_t value, float noise) {
    const float sum = static_cast<float>(value) + noise;
    const float rounding_up = std::clamp(sum, 0.0F, 255.0F) + 0.5F;
    return static_cast<std::uint8_t>(static_cast<int>(rounding_up));
}

} // namespace

void add_gaussian_noise(std::span<std::uint8_t> values, double deviation, const Draws& draws,
                        Scratch<std::uint32_t>& scratch) {
    const QuantileTable& table = quantiles();
    const auto scale = static_cast<float>(deviation);
    std::uint32_t* words = scratch.get(kWordsPerGroup);
    std::uint32_t block = 0;
    for (std::size_t start = 0; start < values.size(); start += kValuesPerGroup, block += kLanes) {
        simd<philox_group>(draws.bulk_counter(block), draws.key(), words);
        const std::size_t count = std::min(kValuesPerGroup, values.size() - start);
        for (std::size_t i = 0; i < count; ++i) {
            const std::uint32_t bits = words[i / 2] >> (16 * (i % 2));
            values[start + i] = noisy(values[start + i], scale * table[(bits >> 4) & (kQuantiles - 1)]);
        }
    }
}

} // namespace tacit::augment
