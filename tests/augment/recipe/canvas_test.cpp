// SPDX-License-Identifier: Apache-2.0
#include "augment/recipe/canvas.hpp"
#include "tests/augment/test_images.hpp"

#include <algorithm>
#include <functional>
#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

namespace tacit::augment {
namespace {

constexpr int kSize = 24;
using Step = std::function<void(Canvas&)>;

Step any_orientation() {
    const Orientation orientation{{*rc::gen::arbitrary<bool>(), *rc::gen::arbitrary<bool>()},
                                  *rc::gen::arbitrary<bool>()};
    return [orientation](Canvas& canvas) { canvas.orient(orientation); };
}

/// Cuts a border of a few pixels, where there are some, and resizes.
Step resize(int height, int width, int border) {
    return [=](Canvas& canvas) {
        const ImageShape shape = canvas.shape();
        const int top = std::min(border, (shape.height - 1) / 2);
        const int left = std::min(border, (shape.width - 1) / 2);
        canvas.crop_resize({top, left, shape.height - 2 * top, shape.width - 2 * left}, height, width,
                           Interpolation::bilinear);
    };
}

Step any_step() {
    switch (*rc::gen::inRange(0, 4)) {
    case 0:
        return resize(*rc::gen::element(kSize, 17), *rc::gen::element(kSize, 31), *rc::gen::inRange(0, 4));
    case 1:
        return [](Canvas& canvas) { ++canvas.edit().data[0]; };
    case 2:
        return [](Canvas& canvas) {
            const ImageView image = canvas.image();
            std::copy_n(image.data, image.shape.bytes(), canvas.next(image.shape).data);
        };
    default:
        return any_orientation();
    }
}

/// The view that the steps make of `image`, the image being asked for after every step if `eager`.
TestImage drawn(const TestImage& image, const std::vector<Step>& steps, bool eager) {
    Workspace workspace;
    TestImage slot(kSize, kSize, image.shape.channels);
    Canvas canvas(image.view(), workspace.buffers(), {slot.pixels.data(), nullptr, nullptr}, kSize);
    for (const Step& step : steps) {
        step(canvas);
        if (eager) {
            EXPECT_EQ(canvas.image().shape, canvas.shape());
        }
    }
    canvas.finish();
    return slot;
}

RC_GTEST_PROP(Canvas, GeometryThatWaitsGivesTheBytesOfGeometryAtOnce, ()) {
    const TestImage image =
        random_image(*rc::gen::element(kSize, 9, 40), *rc::gen::element(kSize, 30), *rc::gen::element(1, 3));
    const TestImage before = image;
    auto steps = *rc::gen::container<std::vector<Step>>(rc::gen::exec(any_step));
    steps.push_back(resize(kSize, kSize, 0));
    steps.push_back(any_orientation());
    RC_ASSERT(drawn(image, steps, false).pixels == drawn(image, steps, true).pixels);
    RC_ASSERT(image.pixels == before.pixels);
}

TEST(Canvas, AnUntouchedSourceIsCopiedToTheSlot) {
    const TestImage image = random_image(kSize, kSize, 3);
    EXPECT_EQ(drawn(image, {}, false).pixels, image.pixels);
}

TEST(Canvas, WithoutASlotTheImageIsStillMade) {
    const TestImage image = random_image(10, 12, 3);
    Workspace workspace;
    Canvas canvas(image.view(), workspace.buffers(), {}, kSize);
    canvas.orient(Orientation::quarter_turns(1));
    EXPECT_EQ(canvas.shape(), (ImageShape{12, 10, 3}));
    canvas.finish();
    EXPECT_EQ(canvas.image().data[0], image.pixels[33]);
}

} // namespace
} // namespace tacit::augment
