// SPDX-License-Identifier: Apache-2.0
#include "augment/geometry.hpp"
#include "test_images.hpp"

#include <gtest/gtest.h>
#include <numeric>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

namespace tacit::augment {
namespace {

TestImage rotated(const TestImage& image, int turns) {
    TestImage out(turns % 2 == 1 ? image.shape.width : image.shape.height,
                  turns % 2 == 1 ? image.shape.height : image.shape.width, image.shape.channels);
    rotate_quarters(image.view(), turns, out.edit());
    return out;
}

TestImage any_image() {
    return random_image(*rc::gen::inRange(1, 40), *rc::gen::inRange(1, 40), *rc::gen::element(1, 2, 3, 8));
}

RC_GTEST_PROP(Geometry, FourQuarterTurnsAreTheIdentity, ()) {
    const TestImage image = any_image();
    TestImage turned = image;
    for (int i = 0; i < 4; ++i) {
        turned = rotated(turned, 1);
    }
    RC_ASSERT(turned.shape == image.shape);
    RC_ASSERT(turned.pixels == image.pixels);
}

RC_GTEST_PROP(Geometry, QuarterTurnsAddUp, ()) {
    const TestImage image = any_image();
    RC_ASSERT(rotated(rotated(image, 1), 1).pixels == rotated(image, 2).pixels);
    RC_ASSERT(rotated(rotated(image, 2), 1).pixels == rotated(image, 3).pixels);
}

RC_GTEST_PROP(Geometry, FlippingTwiceIsTheIdentity, ()) {
    const TestImage image = any_image();
    TestImage flipped = image;
    flip_horizontal(flipped.edit());
    flip_horizontal(flipped.edit());
    RC_ASSERT(flipped.pixels == image.pixels);
}

TEST(Geometry, AQuarterTurnIsCounterClockwise) {
    TestImage image(1, 3, 1);
    image.pixels = {1, 2, 3};
    EXPECT_EQ(rotated(image, 1).pixels, (std::vector<std::uint8_t>{3, 2, 1}));
    EXPECT_EQ(rotated(image, 3).pixels, (std::vector<std::uint8_t>{1, 2, 3}));
}

TEST(Geometry, ReflectionDoesNotRepeatTheEdge) {
    std::vector<int> line(11);
    for (int i = 0; i < 11; ++i) {
        line[static_cast<std::size_t>(i)] = reflected(i - 4, 3);
    }
    EXPECT_EQ(line, (std::vector<int>{0, 1, 2, 1, 0, 1, 2, 1, 0, 1, 2}));
    EXPECT_EQ(reflected(-5, 1), 0);
}

TEST(Geometry, WindowOverTheBorderIsZeroOrReflected) {
    TestImage image(1, 3, 1);
    image.pixels = {1, 2, 3};
    TestImage zero(2, 7, 1, 9);
    copy_window(image.view(), 0, -2, Border::zero, zero.edit());
    EXPECT_EQ(zero.pixels, (std::vector<std::uint8_t>{0, 0, 1, 2, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0}));
    TestImage mirrored(2, 7, 1, 9);
    copy_window(image.view(), -1, -2, Border::reflect, mirrored.edit());
    EXPECT_EQ(mirrored.pixels, (std::vector<std::uint8_t>{3, 2, 1, 2, 3, 2, 1, 3, 2, 1, 2, 3, 2, 1}));
}

TEST(Geometry, WindowFarOutsideIsAllBorder) {
    const TestImage image(2, 2, 3, 200);
    TestImage out(3, 3, 3, 9);
    copy_window(image.view(), 10, -20, Border::zero, out.edit());
    EXPECT_EQ(std::accumulate(out.pixels.begin(), out.pixels.end(), 0), 0);
}

// Padding 4 around 32 x 32 leaves 9 x 9 places; every one is drawn about equally often.
TEST(PaddedCrop, DrawsEveryOffsetEvenly) {
    TestImage image(32, 32, 2);
    for (int y = 0; y < 32; ++y) {
        for (int x = 0; x < 32; ++x) {
            image.at(y, x, 0) = static_cast<std::uint8_t>(y + 1);
            image.at(y, x, 1) = static_cast<std::uint8_t>(x + 1);
        }
    }
    const Recipe recipe(one_view(32, {{"padded_crop", 1.0, {{"padding", {4}}}}}), 2);
    Workspace workspace;
    constexpr int kCount = 16200;
    std::vector<int> counts(81, 0);
    for (std::uint64_t sample = 0; sample < kCount; ++sample) {
        const std::vector<std::uint8_t> pixels = run(recipe, image.view(), {1, 0, sample}, workspace).pixels[0];
        const std::size_t centre = (16 * 32 + 16) * 2;
        const int top = pixels[centre] - 17 + 4;
        const int left = pixels[centre + 1] - 17 + 4;
        ++counts.at(static_cast<std::size_t>(top * 9 + left));
    }
    for (const int count : counts) {
        EXPECT_NEAR(count, kCount / 81, 75);
    }
}

} // namespace
} // namespace tacit::augment
