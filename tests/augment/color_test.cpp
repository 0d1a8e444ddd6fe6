// SPDX-License-Identifier: Apache-2.0
#include "augment/color/float_color.hpp"
#include "augment/simd.hpp"
#include "tests/augment/test_images.hpp"

#include <algorithm>
#include <cmath>
#include <gtest/gtest.h>
#include <map>
#include <numeric>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

namespace tacit::augment {
namespace {

using Colour = std::vector<std::uint8_t>;

/// What the steps make of one pixel.
Colour pixel(const Colour& colour, const std::vector<ColorStep>& steps, ColorMode mode = ColorMode::exact) {
    TestImage image(1, 1, static_cast<int>(colour.size()));
    image.pixels = colour;
    return colored(image, steps, mode).pixels;
}

TEST(Colour, NeutralAmountsChangeNothing) {
    const TestImage image = random_image(20, 20, 3);
    for (const ColorStep& step : std::vector<ColorStep>{Brightness{1.0}, Contrast{1.0}, Saturation{1.0}, Hue{0.0}}) {
        EXPECT_EQ(colored(image, {step}).pixels, image.pixels) << step.index();
    }
}

TEST(Colour, BrightnessScalesTruncatesAndClamps) {
    EXPECT_EQ(pixel({10, 101, 200}, {Brightness{1.5}}), (Colour{15, 151, 255}));
    EXPECT_EQ(pixel({15, 151, 255}, {Brightness{0.0}}), (Colour{0, 0, 0}));
}

TEST(Colour, ContrastStretchesAboutTheMean) {
    TestImage image(1, 2, 1);
    image.pixels = {50, 150};
    EXPECT_EQ(colored(image, {Contrast{1.5}}).pixels, (Colour{25, 175}));
}

TEST(Colour, ZeroContrastIsTheTruncatedMeanOfTheGrayLevels) {
    const TestImage image = random_image(50, 50, 3);
    const Colour gray = colored(image, {Grayscale{}}).pixels;
    const auto mean = std::accumulate(gray.begin(), gray.end(), 0L) / static_cast<long>(gray.size());
    EXPECT_EQ(colored(image, {Contrast{0.0}}).pixels, Colour(gray.size(), static_cast<std::uint8_t>(mean)));
}

TEST(Colour, ContrastSeesWhatIsRecordedBeforeIt) {
    const TestImage image = random_image(40, 40, 3);
    for (const ColorStep& before : std::vector<ColorStep>{Brightness{1.7}, Saturation{0.3}, Hue{0.2}}) {
        const TestImage first = colored(image, {before});
        EXPECT_EQ(colored(image, {before, Contrast{0.4}}).pixels, colored(first, {Contrast{0.4}}).pixels);
    }
}

TEST(Colour, ZeroSaturationIsTheFlooredGray) {
    const TestImage image = random_image(16, 16, 3);
    EXPECT_EQ(colored(image, {Saturation{0.0}}).pixels, colored(image, {Grayscale{}}).pixels);
}

TEST(Colour, GrayWeightsAreRec601) {
    EXPECT_EQ(pixel({255, 0, 0}, {Grayscale{}}), (Colour{76, 76, 76}));
    EXPECT_EQ(pixel({0, 255, 0}, {Grayscale{}}), (Colour{149, 149, 149}));
}

TEST(Colour, MeanGrayIsTheTruncatedThirdOfTheSum) {
    for (const ColorMode mode : {ColorMode::exact, ColorMode::fast}) {
        EXPECT_EQ(pixel({10, 20, 32}, {Grayscale{GrayWeights::mean}}, mode), (Colour{20, 20, 20}));
        EXPECT_EQ(pixel({255, 255, 254}, {Grayscale{GrayWeights::mean}}, mode), (Colour{254, 254, 254}));
    }
}

TEST(Colour, FastFoldsMeanGrayIn) {
    EXPECT_EQ(pixel({30, 60, 120}, {Brightness{2.0}, Grayscale{GrayWeights::mean}}, ColorMode::fast)[0], 140);
}

TEST(Lab, KnowsTheCornersOfTheColourCube) {
    EXPECT_EQ(pixel({0, 0, 0}, {Lab{}}), (Colour{0, 128, 128}));
    EXPECT_EQ(pixel({255, 255, 255}, {Lab{}}), (Colour{255, 128, 128}));
    EXPECT_EQ(pixel({255, 0, 0}, {Lab{}}), (Colour{136, 208, 195}));
    EXPECT_EQ(pixel({0, 255, 0}, {Lab{}}), (Colour{224, 42, 211}));
    EXPECT_EQ(pixel({0, 0, 255}, {Lab{}}), (Colour{82, 207, 20}));
}

TEST(Lab, OfGrayHasNoColour) {
    for (int level = 0; level < 256; ++level) {
        const Colour lab = pixel(Colour(3, static_cast<std::uint8_t>(level)), {Lab{}});
        EXPECT_EQ((Colour{lab[1], lab[2]}), (Colour{128, 128})) << level;
    }
}

TEST(Lab, OfFloatsIsThatOfLevelsUnrounded) {
    const TestImage image = random_image(16, 16, 3);
    const Colour expected = colored(image, {Lab{}}).pixels;
    std::vector<float> values(image.pixels.size());
    std::transform(image.pixels.begin(), image.pixels.end(), values.begin(), from_level<float>);
    FloatColorChain chain;
    chain.start(ColorMode::exact);
    chain.add(Lab{});
    chain.run({values.data(), image.shape}, {values.data(), image.shape});
    for (std::size_t i = 0; i < values.size(); ++i) {
        ASSERT_NEAR(255.0F * values[i], expected[i], 0.501F);
    }
}

TEST(Lab, CanKeepLightnessAlone) {
    const TestImage image = random_image(9, 9, 3);
    const Colour all = run(Recipe(one_view(9, {{"rgb_to_lab", 1.0, {}}}), 3), image.view(), {}).pixels[0];
    const Recipe recipe(one_view(9, {{"rgb_to_lab", 1.0, {}, {{"keep", "lightness"}}}}), 3);
    const Colour lightness = run(recipe, image.view(), {}).pixels[0];
    for (std::size_t i = 0; i < all.size(); ++i) {
        EXPECT_EQ(lightness[i], i % 3 == 0 ? all[i] : 128);
    }
}

TEST(Colour, AThirdOfTheCircleTurnsRedToGreenToBlue) {
    EXPECT_EQ(pixel({255, 0, 0}, {Hue{1.0 / 3.0}}), (Colour{0, 255, 0}));
    EXPECT_EQ(pixel({0, 255, 0}, {Hue{1.0 / 3.0}}), (Colour{0, 0, 255}));
}

TEST(Colour, HueLeavesGrayAlone) {
    for (int level = 0; level < 256; ++level) {
        const Colour gray(3, static_cast<std::uint8_t>(level));
        EXPECT_EQ(pixel(gray, {Hue{0.3}}), gray);
    }
}

RC_GTEST_PROP(ColourProperty, HueKeepsTheLargestAndSmallestChannel,
              (std::uint8_t red, std::uint8_t green, std::uint8_t blue)) {
    const double shift = *rc::gen::inRange(-500, 501) / 1000.0;
    const Colour turned = pixel({red, green, blue}, {Hue{shift}});
    RC_ASSERT(std::max({red, green, blue}) == *std::max_element(turned.begin(), turned.end()));
    RC_ASSERT(std::min({red, green, blue}) == *std::min_element(turned.begin(), turned.end()));
}

/// Hue in [0, 1) of a colour that is not gray.
double hue_of(const Colour& c) {
    const double most = *std::max_element(c.begin(), c.end());
    const double range = most - *std::min_element(c.begin(), c.end());
    const double sixths = c[0] == most   ? (c[1] - c[2]) / range
                          : c[1] == most ? 2 + (c[2] - c[0]) / range
                                         : 4 + (c[0] - c[1]) / range;
    return sixths / 6 - std::floor(sixths / 6);
}

RC_GTEST_PROP(ColourProperty, HueTurnsByTheShift, ()) {
    const int least = *rc::gen::inRange(0, 100);
    const int range = *rc::gen::inRange(64, 156);
    Colour before{static_cast<std::uint8_t>(least), static_cast<std::uint8_t>(least + *rc::gen::inRange(0, range + 1)),
                  static_cast<std::uint8_t>(least + range)};
    for (int order = *rc::gen::inRange(0, 6); order > 0; --order) {
        std::next_permutation(before.begin(), before.end());
    }
    const double shift = *rc::gen::inRange(-500, 501) / 1000.0;
    const double error = hue_of(pixel(before, {Hue{shift}})) - hue_of(before) - shift;
    RC_ASSERT(std::abs(error - std::round(error)) <= 1.0 / (6 * range)); // one level of the middle channel
}

TEST(Colour, SolarizeInvertsFromTheThreshold) {
    EXPECT_EQ(pixel({127, 128, 255}, {Solarize{128}}), (Colour{127, 127, 0}));
}

TEST(Colour, GainAndOffsetAreThoseOfTheirChannel) {
    EXPECT_EQ(pixel({100, 100, 100, 100}, {GainOffset{2, 1.5, 0.1}}), (Colour{100, 100, 175, 100}));
    EXPECT_EQ(pixel({100, 200}, {GainOffset{1, 2.0, -1.0}}), (Colour{100, 145}));
}

TEST(Colour, StepsTogetherAreTheStepsOneByOne) {
    const std::vector<ColorStep> steps{
        Gamma{1.4},    Posterize{6},   GainOffset{1, 1.3, 0.1}, Hue{0.1},   ChannelOrder{{1, 2, 0}}, Solarize{200},
        Contrast{0.7}, AutoContrast{}, Saturation{1.3},         Equalize{}, ChannelDrop{0}};
    const TestImage image = random_image(61, 47, 3);
    TestImage expected = image;
    for (const ColorStep& step : steps) {
        expected = colored(expected, {step});
    }
    EXPECT_EQ(colored(image, steps).pixels, expected.pixels);
    ColorChain in_place;
    TestImage made = image;
    for (const ColorStep& step : steps) {
        in_place.add(step);
    }
    in_place.run(made.view(), made.edit());
    EXPECT_EQ(made.pixels, expected.pixels);
}

TEST(Colour, EverySimdLevelMakesTheSameBytes) {
    const std::vector<ColorStep> adjustments{Saturation{1.7}, Hue{-0.13}, Contrast{1.2}};
    const std::vector<ColorStep> all{Saturation{1.7}, Hue{-0.13}, Gamma{0.8}, Contrast{1.2}, Hue{0.1}};
    for (const int width : {1, 15, 63, 64, 65, 333}) {
        const TestImage image = random_image(5, width, 3);
        const auto images = [&] {
            return std::vector{colored(image, all).pixels, colored(image, all, ColorMode::fast).pixels,
                               colored(image, adjustments, ColorMode::fast).pixels};
        };
        limit_simd(SimdLevel::scalar);
        const std::vector<Colour> expected = images();
        for (const SimdLevel level : {SimdLevel::avx2, SimdLevel::avx512}) {
            limit_simd(level);
            EXPECT_EQ(images(), expected) << width << ' ' << static_cast<int>(level);
        }
    }
}

TEST(FastColour, GrayStaysGrayAndTheFactorsMultiply) {
    const std::vector<ColorStep> steps{Brightness{0.5}, Hue{0.2}, Saturation{1.5}, Brightness{1.5}};
    for (const int level : pixel({200, 200, 200}, steps, ColorMode::fast)) {
        EXPECT_NEAR(level, 150, 1);
    }
}

TEST(FastColour, TakesFactorsBeyondItsNumbers) {
    const std::vector<ColorStep> steps{Brightness{100.0}, Contrast{100.0}, Brightness{100.0}, Contrast{100.0}};
    EXPECT_EQ(pixel({0, 0, 0}, steps, ColorMode::fast), (Colour{0, 0, 0}));
    TestImage image(1, 2, 3);
    image.pixels = {0, 0, 0, 255, 255, 255};
    EXPECT_EQ(colored(image, steps, ColorMode::fast).pixels, image.pixels);
}

TEST(FastColour, APositiveShiftGoesFromRedToGreen) {
    const Colour turned = pixel({180, 60, 60}, {Hue{1.0 / 3.0}, Brightness{1.0}}, ColorMode::fast);
    EXPECT_GT(turned[1], turned[0] + 30);
    EXPECT_GT(turned[1], turned[2] + 30);
}

TEST(FastColour, AloneAnAdjustmentIsExact) {
    const TestImage image = random_image(30, 30, 3);
    for (const ColorStep& step : std::vector<ColorStep>{Brightness{1.3}, Contrast{0.6}, Hue{0.1}, Grayscale{}}) {
        EXPECT_EQ(colored(image, {step}, ColorMode::fast).pixels, colored(image, {step}).pixels) << step.index();
    }
}

TEST(ColourJitter, KeepsAConstantImageConstant) {
    for (const ColorMode mode : {ColorMode::exact, ColorMode::fast}) {
        RecipeSpec spec =
            one_view(8, {{"color_jitter", 1.0, {{"brightness", {0.8}}, {"contrast", {0.8}}, {"hue", {0.2}}}}});
        spec.mode = mode;
        const Recipe recipe(spec, 3);
        const TestImage image(8, 8, 3, 90);
        for (std::uint64_t sample = 0; sample < 50; ++sample) {
            const std::vector<std::uint8_t> pixels = run(recipe, image.view(), {1, 0, sample}).pixels[0];
            EXPECT_TRUE(std::all_of(pixels.begin(), pixels.end(), [&](int value) { return value == pixels[0]; }));
        }
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

/// How often each outcome of `op` on one pixel occurs.
std::map<Colour, int> outcomes(const OpSpec& op, const Colour& colour, int count) {
    const Recipe recipe(one_view(1, {op}), static_cast<int>(colour.size()));
    TestImage image(1, 1, static_cast<int>(colour.size()));
    image.pixels = colour;
    std::map<Colour, int> times;
    for (int sample = 0; sample < count; ++sample) {
        ++times[run(recipe, image.view(), {3, 0, static_cast<std::uint64_t>(sample)}).pixels[0]];
    }
    return times;
}

TEST(ChannelShuffle, EveryOrderIsAsLikely) {
    const auto times = outcomes({"channel_shuffle", 1.0, {}}, {1, 2, 3}, 6000);
    ASSERT_EQ(times.size(), 6U);
    for (const auto& [colour, count] : times) {
        EXPECT_NEAR(count, 1000, 5 * std::sqrt(1000));
    }
}

TEST(ChannelDrop, EveryChannelIsAsLikely) {
    const auto times = outcomes({"channel_drop", 1.0, {{"channels", {3}}}}, {1, 2, 3, 4}, 4000);
    ASSERT_EQ(times.size(), 4U);
    for (const auto& [colour, count] : times) {
        EXPECT_EQ(std::count(colour.begin(), colour.end(), 0), 3);
        EXPECT_NEAR(count, 1000, 5 * std::sqrt(1000));
    }
}

} // namespace
} // namespace tacit::augment
