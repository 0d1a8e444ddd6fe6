// SPDX-License-Identifier: Apache-2.0
#include "pipeline/shards/statistics/value_range.hpp"

#include <gtest/gtest.h>

#include <cstring>
#include <limits>

namespace tacit::shards {
namespace {

/// The bytes of some numbers, one byte off their alignment.
template <class T> std::vector<std::uint8_t> misaligned(const std::vector<T>& numbers) {
    std::vector<std::uint8_t> bytes(1 + numbers.size() * sizeof(T));
    std::memcpy(bytes.data() + 1, numbers.data(), numbers.size() * sizeof(T));
    return bytes;
}

template <class T> std::vector<float> floats(const std::vector<T>& numbers, Element element, double low, double high) {
    const std::vector<std::uint8_t> bytes = misaligned(numbers);
    std::vector<float> out(numbers.size());
    to_float(std::span(bytes).subspan(1), element, low, high, out);
    return out;
}

template <class T>
std::vector<std::uint8_t> levels(const std::vector<T>& numbers, Element element, double low, double high) {
    const std::vector<std::uint8_t> bytes = misaligned(numbers);
    std::vector<std::uint8_t> out(numbers.size());
    to_u8(std::span(bytes).subspan(1), element, low, high, out);
    return out;
}

TEST(ValueRange, FloatsKeepWhatLevelsLose) {
    const std::vector<std::uint16_t> numbers{0, 1, 128, 32768, 65534, 65535};
    const std::vector<float> got = floats(numbers, Element::u16, 0, 65535);
    for (std::size_t i = 0; i < numbers.size(); ++i) {
        EXPECT_FLOAT_EQ(got[i], static_cast<float>(numbers[i] / 65535.0));
    }
    EXPECT_EQ(levels(numbers, Element::u16, 0, 65535), (std::vector<std::uint8_t>{0, 0, 0, 128, 255, 255}));
}

TEST(ValueRange, EndsAreBlackAndWhiteForEveryType) {
    EXPECT_EQ(floats<std::int16_t>({-32768, 32767}, Element::i16, -32768, 32767), (std::vector<float>{0, 1}));
    EXPECT_EQ(floats<std::uint16_t>({0x4000, 0x4400}, Element::f16, 2, 4), (std::vector<float>{0, 1}));
    EXPECT_EQ(floats<std::uint16_t>({0x4000, 0x4080}, Element::bf16, 2, 4), (std::vector<float>{0, 1}));
    EXPECT_EQ(floats<float>({-1, 0, 1}, Element::f32, -1, 1), (std::vector<float>{0, 0.5F, 1}));
    EXPECT_EQ(floats<double>({-1e300, 1e300}, Element::f64, -1e300, 1e300), (std::vector<float>{0, 1}));
}

TEST(ValueRange, WhatIsOutsideGoesToTheEndsAndNanToBlack) {
    constexpr float kInfinite = std::numeric_limits<float>::infinity();
    constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
    const std::vector<float> numbers{-kInfinite, -0.1F, 1.1F, kInfinite, kNan};
    EXPECT_EQ(floats(numbers, Element::f32, 0, 1), (std::vector<float>{0, 0, 1, 1, 0}));
    EXPECT_EQ(levels(numbers, Element::f32, 0, 1), (std::vector<std::uint8_t>{0, 0, 255, 255, 0}));
}

} // namespace
} // namespace tacit::shards
