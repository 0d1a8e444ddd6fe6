// SPDX-License-Identifier: Apache-2.0
#include "augment/resample/blur.hpp"
#include "augment/resample/resample.hpp"
#include "augment/simd.hpp"
#include "tests/augment/test_images.hpp"

#include <algorithm>
#include <cmath>
#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

namespace tacit::augment {
namespace {

TestImage resized(const TestImage& image, const Box& box, int height, int width,
                  Interpolation interpolation = Interpolation::bilinear, Mirror mirror = {}) {
    ResampleScratch scratch;
    TestImage out(height, width, image.shape.channels);
    crop_resize(image.view(), box, interpolation, mirror, out.edit(), scratch);
    return out;
}

Interpolation any_interpolation() {
    return *rc::gen::element(Interpolation::bilinear, Interpolation::bicubic);
}

RC_GTEST_PROP(Resize, KeepsAConstantImage, (std::uint8_t level)) {
    const TestImage image(*rc::gen::inRange(1, 80), *rc::gen::inRange(1, 80), *rc::gen::element(1, 2, 3, 8), level);
    const TestImage out = resized(image, {0, 0, image.shape.height, image.shape.width}, *rc::gen::inRange(1, 80),
                                  *rc::gen::inRange(1, 80), any_interpolation());
    RC_ASSERT(
        std::all_of(out.pixels.begin(), out.pixels.end(), [level](std::uint8_t pixel) { return pixel == level; }));
}

RC_GTEST_PROP(Resize, WeightsOfEveryPixelSumToOne, ()) {
    ResampleTable table;
    table.build({{*rc::gen::inRange(1, 4000), *rc::gen::inRange(1, 300), any_interpolation()}});
    for (int i = 0; i < table.key().axis.out; ++i) {
        int sum = 0;
        for (int t = 0; t < table.count(i); ++t) {
            sum += table.weights(i)[t];
        }
        RC_ASSERT(std::abs(sum - (1 << table.precision())) <= (table.count(i) + 1) / 2);
        RC_ASSERT(table.first(i) >= 0 && table.count(i) >= 1);
        RC_ASSERT(table.first(i) + table.count(i) <= table.key().axis.in);
    }
}

Box any_box(ImageShape shape) {
    Box box{0, 0, *rc::gen::inRange(1, shape.height + 1), *rc::gen::inRange(1, shape.width + 1)};
    box.top = *rc::gen::inRange(0, shape.height - box.height + 1);
    box.left = *rc::gen::inRange(0, shape.width - box.width + 1);
    return box;
}

// Kernels read whole vectors: none may reach a byte beyond the image (the sanitizers watch) or depend on one.
RC_GTEST_PROP(Resize, EverySimdLevelMakesTheSameBytes, ()) {
    const TestImage image =
        random_image(*rc::gen::inRange(1, 120), *rc::gen::inRange(1, 300), *rc::gen::element(1, 2, 3, 5, 32));
    const Box box = any_box(image.shape);
    const int height = *rc::gen::inRange(1, 60);
    const int width = *rc::gen::inRange(1, 60);
    const Interpolation interpolation = any_interpolation();
    const Mirror mirror{*rc::gen::arbitrary<bool>(), *rc::gen::arbitrary<bool>()};
    limit_simd(SimdLevel::scalar);
    const TestImage expected = resized(image, box, height, width, interpolation, mirror);
    for (const SimdLevel level : {SimdLevel::avx2, SimdLevel::avx512}) {
        limit_simd(level);
        RC_ASSERT(resized(image, box, height, width, interpolation, mirror).pixels == expected.pixels);
    }
}

RC_GTEST_PROP(Resize, MirrorsWhatItResized, ()) {
    const TestImage image =
        random_image(*rc::gen::inRange(1, 50), *rc::gen::inRange(1, 50), *rc::gen::element(1, 2, 3));
    const Box box = any_box(image.shape);
    const int height = *rc::gen::element(box.height, 20);
    const int width = *rc::gen::element(box.width, 30);
    const Mirror mirror{*rc::gen::arbitrary<bool>(), *rc::gen::arbitrary<bool>()};
    const TestImage upright = resized(image, box, height, width);
    TestImage expected = upright;
    orient(upright.view(), Orientation::mirrored(mirror), expected.edit());
    RC_ASSERT(resized(image, box, height, width, Interpolation::bilinear, mirror).pixels == expected.pixels);
}

TEST(Resize, SameSizeIsACopyOfTheBox) {
    TestImage image = random_image(9, 11, 3);
    TestImage out = resized(image, {2, 3, 5, 6}, 5, 6);
    for (int y = 0; y < 5; ++y) {
        for (int x = 0; x < 6; ++x) {
            EXPECT_EQ(out.at(y, x, 1), image.at(y + 2, x + 3, 1));
        }
    }
}

// Halving: the triangle spans four pixels with weights 1/8, 3/8, 3/8, 1/8; at the border three remain.
TEST(Resize, HalvingIsTheTriangleFilter) {
    TestImage image(1, 8, 1);
    image.pixels = {0, 0, 0, 240, 0, 0, 0, 0};
    EXPECT_EQ(resized(image, {0, 0, 1, 8}, 1, 4).pixels, (std::vector<std::uint8_t>{0, 90, 30, 0}));
}

TEST(Resize, DoublingIsLinearInterpolation) {
    TestImage image(1, 2, 1);
    image.pixels = {0, 200};
    EXPECT_EQ(resized(image, {0, 0, 1, 2}, 1, 4).pixels, (std::vector<std::uint8_t>{0, 50, 150, 200}));
}

// Keys' cubic of a = -0.5 half way between pixels: -1/16, 9/16, 9/16, -1/16; what leaves 0..255 is clamped.
TEST(Resize, BicubicOvershootsAndIsClamped) {
    TestImage image(1, 8, 1);
    image.pixels = {0, 0, 0, 0, 255, 255, 255, 255};
    const TestImage out = resized(image, {0, 0, 1, 8}, 1, 16, Interpolation::bicubic);
    EXPECT_EQ(out.pixels, (std::vector<std::uint8_t>{0, 0, 0, 0, 0, 0, 0, 52, 203, 255, 255, 255, 255, 255, 255, 255}));
}

TEST(Resize, PixelsOutsideTheBoxDoNotMatter) {
    TestImage image = random_image(20, 20, 3);
    const Box box{5, 6, 9, 8};
    const TestImage before = resized(image, box, 16, 16);
    for (int y = 0; y < 20; ++y) {
        for (int x = 0; x < 20; ++x) {
            const bool inside = y >= box.top && y < box.top + box.height && x >= box.left && x < box.left + box.width;
            image.at(y, x, 0) = inside ? image.at(y, x, 0) : static_cast<std::uint8_t>(~image.at(y, x, 0));
        }
    }
    EXPECT_EQ(resized(image, box, 16, 16).pixels, before.pixels);
}

TEST(Blur, KeepsAConstantImage) {
    BlurScratch scratch;
    for (const int level : {0, 1, 127, 254, 255}) {
        for (const double sigma : {0.1, 0.5, 2.0, 10.0}) {
            TestImage image(17, 23, 3, static_cast<std::uint8_t>(level));
            const std::vector<std::uint8_t> before = image.pixels;
            gaussian_blur(image.edit(), 9, sigma, scratch);
            EXPECT_EQ(image.pixels, before) << "level " << level << ", sigma " << sigma;
        }
    }
}

TEST(Blur, OfAnyWidthKeepsBlackWhiteAndTheMean) {
    BlurScratch scratch;
    for (const double sigma : {5.0, 21.0, 30.0, 400.0}) {
        for (const int level : {0, 100, 255}) {
            TestImage image(9, 150, 1, static_cast<std::uint8_t>(level));
            const std::vector<std::uint8_t> before = image.pixels;
            gaussian_blur(image.edit(), 1023, sigma, scratch);
            EXPECT_EQ(image.pixels, before) << "level " << level << ", sigma " << sigma;
        }
    }
    TestImage stripes(9, 150, 1);
    for (std::size_t i = 0; i < stripes.pixels.size(); i += 2) {
        stripes.pixels[i] = 200;
    }
    gaussian_blur(stripes.edit(), 1023, 40.0, scratch);
    EXPECT_EQ(stripes.pixels, std::vector<std::uint8_t>(stripes.pixels.size(), 100));
}

TEST(Blur, EverySimdLevelMakesTheSameBytes) {
    BlurScratch scratch;
    for (const int width : {1, 10, 31, 32, 33, 64, 101}) {
        for (const double sigma : {0.6, 2.0, 40.0}) {
            const TestImage image = random_image(30, width, 3);
            const auto blurred = [&](SimdLevel level) {
                limit_simd(level);
                TestImage out = image;
                gaussian_blur(out.edit(), 401, sigma, scratch);
                return out.pixels;
            };
            const std::vector<std::uint8_t> expected = blurred(SimdLevel::scalar);
            EXPECT_EQ(blurred(SimdLevel::avx2), expected) << width << ' ' << sigma;
            EXPECT_EQ(blurred(SimdLevel::avx512), expected) << width << ' ' << sigma;
        }
    }
}

TEST(Blur, AnswersAnImpulseWithTheGaussian) {
    BlurScratch scratch;
    TestImage image(15, 15, 1);
    image.at(7, 7) = 255;
    gaussian_blur(image.edit(), 7, 1.2, scratch);
    double total = 0.0;
    for (int i = -3; i <= 3; ++i) {
        total += std::exp(-i * i / (2 * 1.2 * 1.2));
    }
    for (int y = 0; y < 15; ++y) {
        for (int x = 0; x < 15; ++x) {
            const int dy = y - 7;
            const int dx = x - 7;
            const bool inside = std::abs(dy) <= 3 && std::abs(dx) <= 3;
            const double expected =
                inside ? 255 * std::exp(-(dy * dy + dx * dx) / (2 * 1.2 * 1.2)) / (total * total) : 0;
            EXPECT_NEAR(image.at(y, x), expected, 0.51);
        }
    }
}

TEST(Blur, OfAnImageSmallerThanTheKernelReflectsAsOftenAsNeeded) {
    BlurScratch scratch;
    TestImage image(2, 1, 1);
    image.pixels = {0, 200};
    gaussian_blur(image.edit(), 23, 50.0, scratch);
    // Eleven even offsets and twelve odd ones, all of nearly equal weight.
    EXPECT_NEAR(image.pixels[0], 200 * 12.0 / 23, 2);
    EXPECT_NEAR(image.pixels[1], 200 * 11.0 / 23, 2);
}

} // namespace
} // namespace tacit::augment
