// SPDX-License-Identifier: Apache-2.0
#include "augment/geometry/orientation.hpp"
#include "augment/geometry/warp.hpp"
#include "augment/simd.hpp"
#include "tests/augment/test_images.hpp"

#include "pipeline/base/error.hpp"
#include "tests/message_of.hpp"

#include <algorithm>
#include <array>
#include <gtest/gtest.h>

namespace tacit::augment {
namespace {

constexpr std::array<Sampling, 2> kSamplings{Sampling::nearest, Sampling::bilinear};

TestImage warped(const TestImage& image, const Affine& affine, Sampling sampling, std::uint8_t fill = 0) {
    TestImage out(image.shape.height, image.shape.width, image.shape.channels, 99);
    const std::vector<std::uint8_t> levels(static_cast<std::size_t>(image.shape.channels), fill);
    warp(image.view(), affine, sampling, levels, out.edit());
    return out;
}

TEST(Warp, ByNothingIsTheImage) {
    for (const ImageShape shape : {ImageShape{1, 1, 3}, {1, 9, 1}, {9, 1, 2}, {20, 31, 3}, {31, 20, 5}}) {
        const TestImage image = random_image(shape.height, shape.width, shape.channels);
        for (const Sampling sampling : kSamplings) {
            EXPECT_EQ(warped(image, {}, sampling).pixels, image.pixels);
        }
    }
}

TEST(Warp, ByQuarterTurnsOfASquareIsExact) {
    for (const int side : {1, 2, 21, 32}) {
        const TestImage image = random_image(side, side, 3);
        for (int turns = 0; turns < 4; ++turns) {
            TestImage turned(side, side, 3);
            orient(image.view(), Orientation::quarter_turns(turns), turned.edit());
            for (const Sampling sampling : kSamplings) {
                EXPECT_EQ(warped(image, {.degrees = -90.0 * turns}, sampling).pixels, turned.pixels) << side;
            }
        }
    }
}

TEST(Warp, MovesRightAndDownByPixelsAndFillsTheRest) {
    TestImage image = random_image(12, 20, 3);
    for (const Sampling sampling : kSamplings) {
        TestImage moved = warped(image, {.translate_x = 3, .translate_y = -2}, sampling, 7);
        for (int y = 0; y < 12; ++y) {
            for (int x = 0; x < 20; ++x) {
                EXPECT_EQ(moved.at(y, x, 1), x >= 3 && y < 10 ? image.at(y + 2, x - 3, 1) : 7);
            }
        }
    }
}

TEST(Warp, HalfwayIsTheMeanOfNeighboursAndAnEdgeIsMixedTwice) {
    TestImage image(1, 3, 1);
    image.pixels = {10, 20, 40};
    // Half of the first pixel lies outside: 10 / 2 mixed by halves with the fill.
    EXPECT_EQ(warped(image, {.translate_x = 0.5}, Sampling::bilinear, 100).pixels,
              (std::vector<std::uint8_t>{53, 15, 30}));
}

TEST(Warp, IsTheFillWhereNothingOfTheImageIsLeft) {
    const TestImage image = random_image(10, 10, 3);
    for (const Sampling sampling : kSamplings) {
        EXPECT_EQ(warped(image, {.translate_x = 10}, sampling, 5).pixels, std::vector<std::uint8_t>(300, 5));
        EXPECT_EQ(warped(image, {.translate_x = 1e12}, sampling, 5).pixels, std::vector<std::uint8_t>(300, 5));
    }
}

TEST(Warp, GivesTheSameBytesAtEverySimdLevel) {
    Draws draws({3, 0, 0}, 0, 0);
    for (int trial = 0; trial < 300; ++trial) {
        const TestImage image = random_image(1 + draws.below(40), 1 + draws.below(40), 3, 7);
        const Affine affine{draws.uniform(-180, 180), draws.uniform(-9, 9),   draws.uniform(-9, 9),
                            draws.uniform(0.2, 4),    draws.uniform(-60, 60), draws.uniform(-60, 60)};
        for (const Sampling sampling : kSamplings) {
            limit_simd(SimdLevel::scalar);
            const TestImage expected = warped(image, affine, sampling, 31);
            for (const SimdLevel level : {SimdLevel::avx2, SimdLevel::avx512}) {
                limit_simd(level);
                ASSERT_EQ(warped(image, affine, sampling, 31).pixels, expected.pixels) << trial;
            }
        }
    }
}

TEST(Warp, OfFloatsIsThatOfLevelsUnrounded) {
    for (const int channels : {1, 3, 5}) {
        const TestImage image = random_image(33, 28, channels);
        std::vector<float> values(image.pixels.size());
        std::transform(image.pixels.begin(), image.pixels.end(), values.begin(), from_level<float>);
        std::vector<float> out(values.size());
        const std::vector<std::uint8_t> fill(static_cast<std::size_t>(channels), 40);
        const Affine affine{-21.5, 3, -2, 1.2, 8, -4};
        for (const Sampling sampling : kSamplings) {
            warp(FloatImageView{values.data(), image.shape}, affine, sampling, fill,
                 MutableFloatImageView{out.data(), image.shape});
            const TestImage expected = warped(image, affine, sampling, 40);
            for (std::size_t i = 0; i < out.size(); ++i) {
                ASSERT_NEAR(255.0F * out[i], expected.pixels[i], 0.501F);
            }
        }
    }
}

std::string refusal(const OpSpec& spec) {
    return message_of<ConfigError>([&] { const Recipe recipe(one_view(16, {spec}), 3); });
}

TEST(Affine, RefusesParametersThatMeanNothing) {
    EXPECT_NE(refusal({"affine", 1.0, {{"translate", {0.1}}}}).find("translate has 1 values"), std::string::npos);
    EXPECT_NE(refusal({"affine", 1.0, {{"shear", {1, 2, 3}}}}).find("shear has 3 values"), std::string::npos);
    EXPECT_NE(refusal({"affine", 1.0, {{"shear", {1, 2, 4, 3}}}}).find("shear is [4, 3]"), std::string::npos);
    EXPECT_NE(refusal({"affine", 1.0, {{"shear", {90}}}}).find("shear is 90"), std::string::npos);
    EXPECT_NE(refusal({"affine", 1.0, {{"scale", {0}}}}).find("scale is 0"), std::string::npos);
    EXPECT_NE(refusal({"rotation", 1.0, {{"fill", {1, 2}}}}).find("fill has 2 levels"), std::string::npos);
    EXPECT_NE(refusal({"rotation", 1.0, {{"degrees", {-5}}}}).find("degrees is -5"), std::string::npos);
}

TEST(Affine, AMaskCannotComeBefore) {
    const std::vector<OpSpec> masked{{"center_mask", 1.0, {}}, {"affine", 1.0, {}}};
    EXPECT_THROW(Recipe(one_view(16, masked), 3), ConfigError);
}

TEST(Affine, DrawsWithinItsRanges) {
    const Recipe recipe(one_view(40, {{"affine", 1.0, {{"degrees", {0}}, {"translate", {0.25, 0}}}}}), 1);
    TestImage image(40, 40, 1);
    image.at(20, 20) = 255;
    int leftmost = 40;
    int rightmost = 0;
    for (std::uint64_t sample = 0; sample < 400; ++sample) {
        const std::vector<std::uint8_t> view = run(recipe, image.view(), {1, 0, sample}).pixels[0];
        const auto found = static_cast<int>(std::find(view.begin(), view.end(), 255) - view.begin());
        ASSERT_EQ(found / 40, 20);
        leftmost = std::min(leftmost, found % 40);
        rightmost = std::max(rightmost, found % 40);
    }
    EXPECT_EQ(leftmost, 10);
    EXPECT_EQ(rightmost, 30);
}

} // namespace
} // namespace tacit::augment
