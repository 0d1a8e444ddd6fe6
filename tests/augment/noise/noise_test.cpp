// SPDX-License-Identifier: Apache-2.0
#include "augment/noise/noise.hpp"
#include "augment/simd.hpp"
#include "tests/augment/test_images.hpp"

#include <algorithm>
#include <cmath>
#include <gtest/gtest.h>
#include <map>
#include <numeric>

namespace tacit::augment {
namespace {

std::vector<std::uint8_t> noisy(std::uint8_t level, std::size_t count, double deviation, std::uint64_t sample) {
    std::vector<std::uint8_t> values(count, level);
    add_gaussian_noise(values, deviation, Draws({1, 0, sample}, 0, 0));
    return values;
}

TEST(Noise, HasTheMomentsOfTheNormal) {
    constexpr std::size_t kCount = 200000;
    const std::vector<std::uint8_t> values = noisy(128, kCount, 20.0, 0);
    double sum = 0.0;
    double squares = 0.0;
    double fourths = 0.0;
    for (const int value : values) {
        const double x = (value - 128) / 20.0;
        sum += x;
        squares += x * x;
        fourths += x * x * x * x;
    }
    EXPECT_NEAR(sum / kCount, 0.0, 5 / std::sqrt(kCount));
    EXPECT_NEAR(squares / kCount, 1.0, 5 * std::sqrt(2.0 / kCount));
    EXPECT_NEAR(fourths / kCount, 3.0, 5 * std::sqrt(96.0 / kCount));
}

TEST(Noise, NeighboursAreUncorrelated) {
    constexpr std::size_t kCount = 100000;
    const std::vector<std::uint8_t> values = noisy(128, kCount, 30.0, 3);
    for (const std::size_t distance : {1UL, 2UL, 3UL, 16UL, 64UL, 128UL}) {
        double sum = 0.0;
        for (std::size_t i = 0; i + distance < kCount; ++i) {
            sum += (values[i] - 128) / 30.0 * (values[i + distance] - 128) / 30.0;
        }
        EXPECT_NEAR(sum / kCount, 0.0, 5 / std::sqrt(kCount)) << "distance " << distance;
    }
}

TEST(Noise, ClipsAtBothEnds) {
    const std::vector<std::uint8_t> dark = noisy(0, 10000, 50.0, 1);
    EXPECT_NEAR(static_cast<double>(std::count(dark.begin(), dark.end(), 0)), 5000, 300);
    const std::vector<std::uint8_t> bright = noisy(255, 10000, 50.0, 1);
    EXPECT_NEAR(static_cast<double>(std::count(bright.begin(), bright.end(), 255)), 5000, 300);
}

TEST(Noise, OfZeroDeviationChangesNothing) {
    EXPECT_EQ(noisy(77, 1000, 0.0, 0), std::vector<std::uint8_t>(1000, 77));
}

TEST(Noise, DoesNotDependOnTheLengthOfTheRest) {
    const std::vector<std::uint8_t> longer = noisy(128, 1000, 20.0, 5);
    const std::vector<std::uint8_t> shorter = noisy(128, 333, 20.0, 5);
    EXPECT_TRUE(std::equal(shorter.begin(), shorter.end(), longer.begin()));
}

TEST(Noise, DiffersBetweenSamples) {
    EXPECT_NE(noisy(128, 100, 20.0, 1), noisy(128, 100, 20.0, 2));
}

TEST(Noise, EverySimdLevelMakesTheSameBytes) {
    const std::vector<std::uint8_t> source = random_image(37, 41, 3).pixels;
    const auto noises = [&] {
        std::vector<std::vector<std::uint8_t>> made;
        for (const double deviation : {0.3, 20.0, 2550.0}) {
            add_gaussian_noise(made.emplace_back(source), deviation, Draws({1, 0, 0}, 0, 0));
        }
        add_speckle_noise(made.emplace_back(source), 0.2, Draws({1, 0, 0}, 0, 1));
        add_poisson_noise(made.emplace_back(source), 30.0, Draws({1, 0, 0}, 0, 2));
        return made;
    };
    limit_simd(SimdLevel::scalar);
    const auto expected = noises();
    for (const SimdLevel level : {SimdLevel::avx2, SimdLevel::avx512}) {
        limit_simd(level);
        EXPECT_EQ(noises(), expected) << static_cast<int>(level);
    }
}

/// Mean and variance of the values.
std::pair<double, double> moments(const std::vector<std::uint8_t>& values) {
    const auto count = static_cast<double>(values.size());
    const double mean = std::accumulate(values.begin(), values.end(), 0.0) / count;
    const double squares = std::inner_product(values.begin(), values.end(), values.begin(), 0.0);
    return {mean, squares / count - mean * mean};
}

TEST(Noise, SpeckleGrowsWithTheLevel) {
    for (const int level : {0, 40, 120}) {
        std::vector<std::uint8_t> values(100000, static_cast<std::uint8_t>(level));
        add_speckle_noise(values, 0.2, Draws({1, 0, 0}, 0, 0));
        const auto [mean, variance] = moments(values);
        EXPECT_NEAR(mean, level, 0.2);
        EXPECT_NEAR(std::sqrt(variance), 0.2 * level, 0.3);
    }
}

// Counts have the variance of their mean; rounding to levels adds a twelfth. Means above and below 10 photons.
TEST(Noise, PhotonsHaveTheMomentsOfPoisson) {
    for (const double peak : {16.0, 60.0, 255.0}) {
        for (const int level : {4, 16, 64, 96}) {
            std::vector<std::uint8_t> values(100000, static_cast<std::uint8_t>(level));
            add_poisson_noise(values, peak, Draws({1, 0, 0}, 0, 0));
            const auto [mean, variance] = moments(values);
            const double expected = level * 255.0 / peak + 1.0 / 12;
            EXPECT_NEAR(mean, level, 5 * std::sqrt(expected / 100000) + 0.03 * expected / 16) << level << ' ' << peak;
            EXPECT_NEAR(variance / expected, 1.0, 0.06) << level << ' ' << peak;
        }
    }
}

TEST(Noise, SaltAndPepperStrikesWholePixelsAtItsRates) {
    TestImage image(300, 300, 3, 100);
    add_salt_and_pepper(image.edit(), 0.2, 0.25, Draws({1, 0, 0}, 0, 0));
    std::map<int, int> times;
    for (std::size_t i = 0; i < image.pixels.size(); i += 3) {
        ASSERT_TRUE(image.pixels[i] == image.pixels[i + 1] && image.pixels[i] == image.pixels[i + 2]);
        ++times[image.pixels[i]];
    }
    EXPECT_EQ(times.size(), 3U);
    EXPECT_NEAR(times[255], 90000 * 0.05, 5 * std::sqrt(90000 * 0.05 * 0.95));
    EXPECT_NEAR(times[0], 90000 * 0.15, 5 * std::sqrt(90000 * 0.15 * 0.85));
}

/// Shares of the values and of the whole pixels that an operation makes black.
std::pair<double, double> black_shares(const OpSpec& op) {
    const TestImage image(200, 200, 3, 90);
    const std::vector<std::uint8_t> made = run(Recipe(one_view(200, {op}), 3), image.view(), {}).pixels[0];
    double pixels = 0;
    for (std::size_t i = 0; i < made.size(); i += 3) {
        pixels += made[i] == 0 && made[i + 1] == 0 && made[i + 2] == 0 ? 1 : 0;
    }
    return {static_cast<double>(std::count(made.begin(), made.end(), 0)) / 120000, pixels / 40000};
}

TEST(Noise, MaskingTakesPixelsAndDropoutValues) {
    const auto [masked_values, masked_pixels] = black_shares({"masking_noise", 1.0, {{"amount", {0.3}}}});
    EXPECT_NEAR(masked_pixels, 0.3, 0.0115);
    EXPECT_EQ(masked_values, masked_pixels);
    const auto [dropped_values, dropped_pixels] = black_shares({"dropout", 1.0, {{"amount", {0.3}}}});
    EXPECT_NEAR(dropped_values, 0.3, 0.0067);
    EXPECT_NEAR(dropped_pixels, 0.027, 0.0041);
}

} // namespace
} // namespace tacit::augment
