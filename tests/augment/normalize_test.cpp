// SPDX-License-Identifier: Apache-2.0
#include "augment/normalize/normalize.hpp"
#include "augment/simd.hpp"
#include "tests/augment/test_images.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <gtest/gtest.h>

namespace tacit::augment {
namespace {

std::vector<double> evenly(int channels, double first, double last) {
    std::vector<double> values;
    for (int c = 0; c < channels; ++c) {
        values.push_back(first + (last - first) * (c + 1) / channels);
    }
    return values;
}

float to_float(float value) {
    return value;
}

float to_float(BFloat16 value) {
    return std::bit_cast<float>(std::uint32_t{value.bits} << 16);
}

template <class Out> std::vector<Out> normalized(const TestImage& image, PixelLayout layout) {
    const int channels = image.shape.channels;
    std::vector<Out> out(image.shape.bytes());
    Normalize(evenly(channels, 0.2, 0.7), evenly(channels, 0.1, 0.4)).run(image.view(), layout, out.data());
    return out;
}

/// Every value beside (x / 255 - mean) / std in fp64.
template <class Out> void expect_formula(int height, int width, int channels, PixelLayout layout, double tolerance) {
    const TestImage image = random_image(height, width, channels);
    const std::vector<Out> out = normalized<Out>(image, layout);
    const std::vector<double> mean = evenly(channels, 0.2, 0.7);
    const std::vector<double> std = evenly(channels, 0.1, 0.4);
    const auto pixels = static_cast<std::size_t>(height) * static_cast<std::size_t>(width);
    for (std::size_t i = 0; i < pixels; ++i) {
        for (std::size_t c = 0; c < mean.size(); ++c) {
            const std::size_t from = i * mean.size() + c;
            const std::size_t at = layout == PixelLayout::planar ? c * pixels + i : from;
            const double exact = (image.pixels[from] / 255.0 - mean[c]) / std[c];
            ASSERT_NEAR(to_float(out[at]), exact, tolerance * std::max(1.0, std::abs(exact))) << "value " << at;
        }
    }
}

TEST(Normalize, IsTheFormulaForEveryLayoutSizeAndNumberOfChannels) {
    for (const int channels : {1, 2, 3, 4, 13, 32}) {
        for (const int width : {1, 5, 16, 37}) {
            for (const PixelLayout layout : {PixelLayout::interleaved, PixelLayout::planar}) {
                expect_formula<float>(3, width, channels, layout, 1e-6);
                expect_formula<BFloat16>(3, width, channels, layout, 1.0 / 256);
            }
        }
    }
}

TEST(Normalize, RoundsToBFloat16ToTheNearestAndHalvesToEven) {
    // std chosen so that level x becomes 1 + x / 256: odd levels lie half-way between two bfloat16 neighbours.
    const Normalize halves({-256.0 / 255}, {256.0 / 255});
    std::vector<float> exact(256);
    std::vector<BFloat16> rounded(256);
    std::vector<std::uint8_t> levels(256);
    for (std::size_t i = 0; i < levels.size(); ++i) {
        levels[i] = static_cast<std::uint8_t>(i);
    }
    halves.run({levels.data(), {1, 256, 1}}, PixelLayout::planar, exact.data());
    halves.run({levels.data(), {1, 256, 1}}, PixelLayout::planar, rounded.data());
    int ties = 0;
    for (std::size_t i = 0; i < levels.size(); ++i) {
        const auto bits = std::bit_cast<std::uint32_t>(exact[i]);
        const float below = std::bit_cast<float>(bits & 0xFFFF0000U);
        const float above = std::bit_cast<float>((bits & 0xFFFF0000U) + 0x10000U);
        const float got = to_float(rounded[i]);
        ASSERT_TRUE(got == below || got == above);
        ASSERT_LE(std::abs(got - exact[i]), std::abs((got == below ? above : below) - exact[i]));
        if (exact[i] - below == above - exact[i]) {
            EXPECT_EQ(rounded[i].bits % 2, 0) << i;
            ++ties;
        }
    }
    EXPECT_GT(ties, 50);
}

template <class Out> bool same_at_every_level(int width, PixelLayout layout) {
    const TestImage image = random_image(7, width, 3);
    const std::vector<Out> best = normalized<Out>(image, layout);
    bool same = true;
    for (const SimdLevel level : {SimdLevel::scalar, SimdLevel::avx2}) {
        limit_simd(level);
        const std::vector<Out> out = normalized<Out>(image, layout);
        same = same && std::memcmp(out.data(), best.data(), best.size() * sizeof(Out)) == 0;
    }
    limit_simd(SimdLevel::avx512);
    return same;
}

TEST(Normalize, MakesTheSameBytesAtEverySimdLevel) {
    for (const int width : {1, 15, 64, 101}) {
        for (const PixelLayout layout : {PixelLayout::interleaved, PixelLayout::planar}) {
            EXPECT_TRUE(same_at_every_level<float>(width, layout));
            EXPECT_TRUE(same_at_every_level<BFloat16>(width, layout));
        }
    }
}

TEST(Normalize, OfFloatsIsTheSameFormulaWithoutLevels) {
    const TestImage image = random_image(3, 37, 5);
    std::vector<float> floats(image.pixels.begin(), image.pixels.end());
    std::transform(floats.begin(), floats.end(), floats.begin(), [](float level) { return level / 255; });
    const Normalize normalize(evenly(5, 0.2, 0.7), evenly(5, 0.1, 0.4));
    for (const PixelLayout layout : {PixelLayout::interleaved, PixelLayout::planar}) {
        std::vector<float> out(floats.size());
        normalize.run({floats.data(), image.shape}, layout, out.data());
        const std::vector<float> of_levels = normalized<float>(image, layout);
        for (std::size_t i = 0; i < out.size(); ++i) {
            ASSERT_NEAR(out[i], of_levels[i], 2e-6) << "value " << i;
        }
    }
}

TEST(Normalize, RefusesOtherNumbersOfChannels) {
    EXPECT_THROW(Normalize({0.5, 0.5}, {0.5}), std::logic_error);
    EXPECT_THROW(Normalize({}, {}), std::logic_error);
    float out = 0;
    EXPECT_THROW(Normalize({0.5, 0.5}, {1, 1}).run(random_image(1, 1, 1).view(), PixelLayout::planar, &out),
                 std::logic_error);
}

} // namespace
} // namespace tacit::augment
