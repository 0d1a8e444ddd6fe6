// SPDX-License-Identifier: Apache-2.0
#include "augment/geometry/crop_box.hpp"

#include <cmath>
#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

namespace tacit::augment {
namespace {

Box draw_box(ImageShape shape, const CropRange& range, std::uint64_t sample) {
    Draws draws({1, 0, sample}, 0, 0);
    return random_crop_box(shape, range, draws);
}

RC_GTEST_PROP(CropBox, LiesInsideAnyImage, ()) {
    const ImageShape shape{*rc::gen::inRange(1, 5000), *rc::gen::inRange(1, 5000), 3};
    const Box box = draw_box(shape, {}, *rc::gen::inRange<std::uint64_t>(0, 1000000));
    RC_ASSERT(box.height >= 1 && box.width >= 1 && box.top >= 0 && box.left >= 0);
    RC_ASSERT(box.top + box.height <= shape.height);
    RC_ASSERT(box.left + box.width <= shape.width);
}

TEST(CropBox, AreaAndRatioStayInRange) {
    const ImageShape shape{400, 400, 3};
    for (std::uint64_t sample = 0; sample < 5000; ++sample) {
        const Box box = draw_box(shape, {}, sample);
        const double area = static_cast<double>(box.height) * box.width / (400.0 * 400.0);
        const double ratio = static_cast<double>(box.width) / box.height;
        ASSERT_GT(area, 0.078);
        ASSERT_LE(area, 1.0);
        ASSERT_NEAR(std::log(ratio), 0.0, std::log(4.0 / 3.0) + 0.01);
    }
}

// Without rejections (small areas always fit) the area is uniform and the ratio log-uniform.
TEST(CropBox, AreaIsUniformAndRatioLogUniform) {
    const ImageShape shape{1000, 1000, 3};
    const CropRange range{{0.1, 0.5}, {0.75, 4.0 / 3.0}};
    constexpr int kCount = 20000;
    double area = 0.0;
    double area_squares = 0.0;
    double log_ratio = 0.0;
    double log_ratio_squares = 0.0;
    for (int i = 0; i < kCount; ++i) {
        const Box box = draw_box(shape, range, static_cast<std::uint64_t>(i));
        const double own_area = static_cast<double>(box.height) * box.width / 1e6;
        const double own_ratio = std::log(static_cast<double>(box.width) / box.height);
        area += own_area;
        area_squares += own_area * own_area;
        log_ratio += own_ratio;
        log_ratio_squares += own_ratio * own_ratio;
    }
    const double mean = area / kCount;
    const double side = std::log(4.0 / 3.0);
    EXPECT_NEAR(mean, 0.3, 5 * 0.4 / std::sqrt(12.0 * kCount));
    EXPECT_NEAR(area_squares / kCount - mean * mean, 0.4 * 0.4 / 12, 5e-4);
    EXPECT_NEAR(log_ratio / kCount, 0.0, 5 * 2 * side / std::sqrt(12.0 * kCount));
    EXPECT_NEAR(log_ratio_squares / kCount, side * side / 3, 1e-3);
}

TEST(CropBox, PositionIsUniform) {
    const ImageShape shape{100, 100, 1};
    const CropRange range{{0.25, 0.25}, {1.0, 1.0}};
    constexpr int kCount = 20000;
    double top = 0.0;
    double left = 0.0;
    for (int i = 0; i < kCount; ++i) {
        const Box box = draw_box(shape, range, static_cast<std::uint64_t>(i));
        ASSERT_EQ(box.height, 50);
        ASSERT_EQ(box.width, 50);
        top += box.top;
        left += box.left;
    }
    EXPECT_NEAR(top / kCount, 25.0, 5 * 51 / std::sqrt(12.0 * kCount));
    EXPECT_NEAR(left / kCount, 25.0, 5 * 51 / std::sqrt(12.0 * kCount));
}

// torchvision's fallback: ten draws cannot fit, so the largest central box of a legal ratio is taken.
TEST(CropBox, FallsBackToTheCentreOfANarrowImage) {
    const CropRange whole{{1.0, 1.0}, {3.0 / 4.0, 4.0 / 3.0}};
    EXPECT_EQ(draw_box({10, 100, 3}, whole, 0), (Box{0, 43, 10, 13}));
    EXPECT_EQ(draw_box({100, 10, 3}, whole, 0), (Box{43, 0, 13, 10}));
}

} // namespace
} // namespace tacit::augment
