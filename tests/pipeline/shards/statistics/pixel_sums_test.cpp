// SPDX-License-Identifier: Apache-2.0
#include "pipeline/shards/statistics/pixel_sums.hpp"

#include "pipeline/base/error.hpp"
#include "pipeline/shards/read/half.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <limits>

namespace tacit::shards {
namespace {

template <class T> std::vector<std::uint8_t> bytes_of(const std::vector<T>& values) {
    std::vector<std::uint8_t> bytes(values.size() * sizeof(T));
    std::memcpy(bytes.data(), values.data(), bytes.size());
    return bytes;
}

template <class T> PixelSums sums_of(Element element, const std::vector<T>& values, int channels = 1) {
    PixelSums sums(channels, element);
    sums.add(bytes_of(values).data(), {1, static_cast<int>(values.size()) / channels, channels});
    return sums;
}

TEST(PixelSums, SignedIntegersAreFractionsOfTheirLargestValue) {
    const PixelSums sums = sums_of<std::int16_t>(Element::i16, {-32768, 32767, 100, -100});
    EXPECT_NEAR(sums.mean()[0], -0.25 / 32767, 1e-15);
    EXPECT_NEAR(sums.std()[0], std::sqrt((32768.0 * 32768 + 32767.0 * 32767 + 20000) / 4 - 0.0625) / 32767, 1e-12);
    EXPECT_EQ(sums.lowest(), -32768);
    EXPECT_EQ(sums.highest(), 32767);
}

TEST(PixelSums, SquaresOfSixteenBitsDoNotOverflow) {
    PixelSums sums = sums_of(Element::u16, std::vector<std::uint16_t>(std::size_t{1} << 16, 65535));
    for (int i = 0; i < 20; ++i) {
        const PixelSums half = sums;
        sums.add(half); // 2^36 pixels whose squares sum up to 2^68
    }
    EXPECT_EQ(sums.pixels(), std::uint64_t{1} << 36);
    EXPECT_DOUBLE_EQ(sums.mean()[0], 1.0);
    EXPECT_NEAR(sums.std()[0], 0.0, 1e-7);
}

TEST(PixelSums, FloatsFarFromZeroKeepTheirDeviation) {
    PixelSums all(1, Element::f64);
    for (int i = 0; i < 1000; ++i) {
        all.add(sums_of<double>(Element::f64, {1e9 + i % 2}));
    }
    EXPECT_NEAR(all.mean()[0], 1e9 + 0.5, 1e-6);
    EXPECT_NEAR(all.std()[0], 0.5, 1e-9);
}

TEST(PixelSums, NumbersNearTheLargestHaveAMeanAndAnInfiniteDeviation) {
    for (const double other : {1e308, -1.5e308}) {
        PixelSums sums = sums_of<double>(Element::f64, {1.5e308, other, other});
        for (int i = 0; i < 3; ++i) {
            sums.add(sums_of<double>(Element::f64, {other, 1.5e308, 1.5e308}));
        }
        EXPECT_NEAR(sums.mean()[0] / 1e308, (1.5 * 7 + other / 1e308 * 5) / 12, 1e-12);
        EXPECT_EQ(sums.std()[0], std::numeric_limits<double>::infinity());
    }
}

TEST(PixelSums, ManyChannelsAreCountedApart) {
    std::vector<float> values(2 * 32);
    for (std::size_t i = 0; i < values.size(); ++i) {
        values[i] = static_cast<float>(i % 32) + (i < 32 ? -1.0F : 1.0F);
    }
    const PixelSums sums = sums_of(Element::f32, values, 32);
    for (std::size_t c = 0; c < 32; ++c) {
        EXPECT_DOUBLE_EQ(sums.mean()[c], static_cast<double>(c));
        EXPECT_DOUBLE_EQ(sums.std()[c], 1.0);
    }
}

TEST(PixelSums, StateGoesOnAsIfItHadNotBeenInterrupted) {
    PixelSums whole(1, Element::f32);
    PixelSums before(1, Element::f32);
    for (int i = 0; i < 100; ++i) {
        const PixelSums one = sums_of<float>(Element::f32, {0.1F * static_cast<float>(i), 3.3F});
        whole.add(one);
        if (i == 40) {
            before = PixelSums(Element::f32, before.pixels(), before.channels());
        }
        before.add(one);
    }
    EXPECT_EQ(whole.channels(), before.channels());
}

TEST(PixelSums, NotANumberAndInfinityAreRefused) {
    EXPECT_THROW(sums_of<float>(Element::f32, {1.0F, std::numeric_limits<float>::quiet_NaN()}), DataError);
    EXPECT_THROW(sums_of<double>(Element::f64, {std::numeric_limits<double>::infinity()}), DataError);
    EXPECT_THROW(sums_of<std::uint16_t>(Element::f16, {0x7C00}), DataError);
}

TEST(Half, DecodesEveryKindOfValue) {
    EXPECT_EQ(float_of_half(0x3C00), 1.0F);
    EXPECT_EQ(float_of_half(0xCB40), -14.5F);
    EXPECT_EQ(float_of_half(0x7BFF), 65504.0F);
    EXPECT_EQ(float_of_half(0x0001), 0x1p-24F);
    EXPECT_EQ(float_of_half(0x8000), 0.0F);
    EXPECT_TRUE(std::isinf(float_of_half(0xFC00)));
    EXPECT_TRUE(std::isnan(float_of_half(0x7E00)));
    EXPECT_EQ(float_of_bf16(0x3FC0), 1.5F);
}

} // namespace
} // namespace tacit::shards
