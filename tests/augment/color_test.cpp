// SPDX-License-Identifier: Apache-2.0
#include "augment/color.hpp"
#include "test_images.hpp"

#include <algorithm>
#include <gtest/gtest.h>

namespace tacit::augment {
namespace {

/// Three planes of one colour.
struct Planes {
    std::vector<std::uint8_t> memory;
    explicit Planes(std::vector<std::uint8_t> values) : memory(std::move(values)) {}
    Planes(std::uint8_t red, std::uint8_t green, std::uint8_t blue) : memory{red, green, blue} {}
    PlanarRgb view() { return {memory.data(), memory.size() / 3}; }
};

using Colour = std::vector<std::uint8_t>;

TEST(Colour, NeutralAmountsChangeNothing) {
    const std::vector<std::uint8_t> before = random_image(20, 20, 3).pixels;
    Planes planes(before);
    adjust_brightness(planes.view().values(), 1.0);
    adjust_contrast(planes.view().values(), 100.0F, 1.0);
    adjust_saturation(planes.view(), 1.0);
    EXPECT_EQ(planes.memory, before);
}

TEST(Colour, BrightnessScalesTruncatesAndClamps) {
    Planes planes(10, 101, 200);
    adjust_brightness(planes.view().values(), 1.5);
    EXPECT_EQ(planes.memory, (Colour{15, 151, 255}));
    adjust_brightness(planes.view().values(), 0.0);
    EXPECT_EQ(planes.memory, (Colour{0, 0, 0}));
}

TEST(Colour, ContrastStretchesAboutTheMean) {
    Planes planes(50, 100, 240);
    adjust_contrast(planes.view().values(), 100.0F, 2.0);
    EXPECT_EQ(planes.memory, (Colour{0, 100, 255}));
}

TEST(Colour, ZeroContrastIsTheTruncatedMean) {
    Planes planes(random_image(16, 16, 3).pixels);
    const auto mean = static_cast<std::uint8_t>(mean_gray(planes.view()));
    adjust_contrast(planes.view().values(), mean_gray(planes.view()), 0.0);
    EXPECT_TRUE(std::all_of(planes.memory.begin(), planes.memory.end(), [mean](int value) { return value == mean; }));
}

TEST(Colour, ZeroSaturationIsTheFlooredGray) {
    Planes saturated(random_image(16, 16, 3).pixels);
    Planes gray(saturated.memory);
    adjust_saturation(saturated.view(), 0.0);
    to_grayscale(gray.view());
    EXPECT_EQ(saturated.memory, gray.memory);
}

TEST(Colour, GrayWeightsAreRec601) {
    Planes red(255, 0, 0);
    to_grayscale(red.view());
    EXPECT_EQ(red.memory, (Colour{76, 76, 76}));
    Planes green(0, 255, 0);
    to_grayscale(green.view());
    EXPECT_EQ(green.memory, (Colour{149, 149, 149}));
}

TEST(Colour, AThirdOfTheCircleTurnsRedToGreenToBlue) {
    Planes planes(255, 0, 0);
    adjust_hue(planes.view(), 1.0 / 3.0);
    EXPECT_EQ(planes.memory, (Colour{0, 255, 0}));
    adjust_hue(planes.view(), 1.0 / 3.0);
    EXPECT_EQ(planes.memory, (Colour{0, 0, 255}));
}

TEST(Colour, HueLeavesGrayAlone) {
    for (int level = 0; level < 256; ++level) {
        const auto value = static_cast<std::uint8_t>(level);
        Planes planes(value, value, value);
        adjust_hue(planes.view(), 0.3);
        EXPECT_EQ(planes.memory, (Colour{value, value, value}));
    }
}

TEST(Colour, HueKeepsTheLargestAndSmallestChannel) {
    Planes planes(random_image(32, 32, 3).pixels);
    const std::vector<std::uint8_t> before = planes.memory;
    adjust_hue(planes.view(), -0.37);
    const std::size_t count = before.size() / 3;
    for (std::size_t i = 0; i < count; ++i) {
        const auto extremes = [&](const std::vector<std::uint8_t>& values) {
            return std::minmax({values[i], values[i + count], values[i + 2 * count]});
        };
        EXPECT_NEAR(extremes(before).first, extremes(planes.memory).first, 1);
        EXPECT_NEAR(extremes(before).second, extremes(planes.memory).second, 1);
    }
}

TEST(Colour, PlanesAndBackIsTheIdentity) {
    const TestImage image = random_image(7, 9, 3);
    Planes planes(std::vector<std::uint8_t>(image.pixels.size()));
    split_planes(image.view(), planes.view());
    EXPECT_EQ(planes.memory[63], image.pixels[1]);
    TestImage back(7, 9, 3);
    merge_planes(planes.view(), back.edit());
    EXPECT_EQ(back.pixels, image.pixels);
}

TEST(Colour, SolarizeInvertsFromTheThreshold) {
    Planes planes(127, 128, 255);
    solarize(planes.view().values(), 128);
    EXPECT_EQ(planes.memory, (Colour{127, 127, 0}));
}

TEST(ColourJitter, KeepsAConstantImageConstant) {
    const Recipe recipe(
        one_view(8, {{"color_jitter", 1.0, {{"brightness", {0.8}}, {"contrast", {0.8}}, {"hue", {0.2}}}}}), 3);
    const TestImage image(8, 8, 3, 90);
    for (std::uint64_t sample = 0; sample < 50; ++sample) {
        const std::vector<std::uint8_t> pixels = run(recipe, image.view(), {1, 0, sample}).pixels[0];
        EXPECT_TRUE(std::all_of(pixels.begin(), pixels.end(), [&](int value) { return value == pixels[0]; }));
    }
}

TEST(ColourJitter, OrderOfTheAdjustmentsVaries) {
    // Brightness 2 and contrast 0 give the mean of the doubled, or of the plain image doubled: two
    // results as clamping does not commute.
    const OpSpec jitter{"color_jitter", 1.0, {{"brightness", {2.0, 2.0}}, {"contrast", {0.0, 0.0}}}};
    const Recipe recipe(one_view(1, {{"resize", 0.0, {}}, jitter}), 2);
    TestImage image(1, 1, 2);
    image.pixels = {40, 201};
    int doubled_first = 0;
    constexpr int kCount = 2000;
    for (std::uint64_t sample = 0; sample < kCount; ++sample) {
        const int level = run(recipe, image.view(), {1, 0, sample}).pixels[0][0];
        ASSERT_TRUE(level == 167 || level == 240) << level;
        doubled_first += level == 167 ? 1 : 0;
    }
    EXPECT_NEAR(doubled_first, kCount / 2, 112);
}

} // namespace
} // namespace tacit::augment
