// SPDX-License-Identifier: Apache-2.0
#include "augment/geometry/geometry.hpp"
#include "augment/geometry/orientation.hpp"
#include "augment/simd.hpp"
#include "tests/augment/test_images.hpp"

#include <gtest/gtest.h>
#include <numeric>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

namespace tacit::augment {
namespace {

TestImage oriented(const TestImage& image, Orientation orientation) {
    const ImageShape shape = orientation.shape(image.shape);
    TestImage out(shape.height, shape.width, shape.channels);
    orient(image.view(), orientation, out.edit());
    return out;
}

TestImage rotated(const TestImage& image, int turns) {
    return oriented(image, Orientation::quarter_turns(turns));
}

TestImage any_image() {
    return random_image(*rc::gen::inRange(1, 40), *rc::gen::inRange(1, 40), *rc::gen::element(1, 2, 3, 8));
}

Orientation any_orientation() {
    return {{*rc::gen::arbitrary<bool>(), *rc::gen::arbitrary<bool>()}, *rc::gen::arbitrary<bool>()};
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

RC_GTEST_PROP(Geometry, OrientationsCombineIntoOne, ()) {
    const TestImage image = any_image();
    const Orientation first = any_orientation();
    const Orientation second = any_orientation();
    const TestImage once = oriented(image, first.then(second));
    const TestImage twice = oriented(oriented(image, first), second);
    RC_ASSERT(once.shape == twice.shape);
    RC_ASSERT(once.pixels == twice.pixels);
}

RC_GTEST_PROP(Geometry, EverySimdLevelLaysTheSameBytes, ()) {
    const TestImage image =
        random_image(*rc::gen::inRange(1, 100), *rc::gen::inRange(1, 100), *rc::gen::element(1, 2, 3, 8));
    const Orientation orientation = any_orientation();
    limit_simd(SimdLevel::scalar);
    const TestImage expected = oriented(image, orientation);
    for (const SimdLevel level : {SimdLevel::avx2, SimdLevel::avx512}) {
        limit_simd(level);
        RC_ASSERT(oriented(image, orientation).pixels == expected.pixels);
    }
}

TEST(Geometry, AMirrorTurnsRowsAroundAndAFlipTheirOrder) {
    TestImage image(2, 2, 2);
    image.pixels = {1, 2, 3, 4, 5, 6, 7, 8};
    EXPECT_EQ(oriented(image, Orientation::mirrored({.horizontal = true})).pixels,
              (std::vector<std::uint8_t>{3, 4, 1, 2, 7, 8, 5, 6}));
    EXPECT_EQ(oriented(image, Orientation::mirrored({.vertical = true})).pixels,
              (std::vector<std::uint8_t>{5, 6, 7, 8, 1, 2, 3, 4}));
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
