// SPDX-License-Identifier: Apache-2.0
#include "augment/noise.hpp"
#include "test_images.hpp"

#include <algorithm>
#include <cmath>
#include <gtest/gtest.h>

namespace tacit::augment {
namespace {

std::vector<std::uint8_t> noisy(std::uint8_t level, std::size_t count, double deviation, std::uint64_t sample) {
    std::vector<std::uint8_t> values(count, level);
    Scratch<std::uint32_t> scratch;
    add_gaussian_noise(values, deviation, Draws({1, 0, sample}, 0, 0), scratch);
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

} // namespace
} // namespace tacit::augment
