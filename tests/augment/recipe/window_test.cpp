// SPDX-License-Identifier: Apache-2.0
#include "augment/recipe/operation.hpp"
#include "tests/augment/test_images.hpp"

#include <algorithm>
#include <gtest/gtest.h>
#include <stdexcept>

namespace tacit::augment {
namespace {

/// The pixels of `box` as an image of their own.
template <class T> BasicTestImage<T> cut(const BasicTestImage<T>& image, const Box& box) {
    BasicTestImage<T> out(box.height, box.width, image.shape.channels);
    const auto row = static_cast<std::size_t>(box.width * image.shape.channels);
    for (int y = 0; y < box.height; ++y) {
        const auto from =
            static_cast<std::size_t>(((box.top + y) * image.shape.width + box.left) * image.shape.channels);
        std::copy_n(image.pixels.begin() + static_cast<std::ptrdiff_t>(from), row,
                    out.pixels.begin() + static_cast<std::ptrdiff_t>(row * static_cast<std::size_t>(y)));
    }
    return out;
}

template <class T>
BasicSampleOutputs<T> run_window(const Recipe& recipe, const BasicTestImage<T>& image, const Box& box,
                                 const SampleKey& key) {
    const BasicTestImage<T> window = cut(image, box);
    Workspace workspace;
    return run(recipe, BasicImageWindow<T>(window.view(), image.shape, box.top, box.left), key, workspace);
}

class EveryPresetOfAWindow : public testing::TestWithParam<std::string> {};

TEST_P(EveryPresetOfAWindow, MakesTheSameBytesAsOfTheWholeImage) {
    for (const ImageShape shape :
         {ImageShape{61, 90, 3}, ImageShape{40, 33, 3}, ImageShape{1, 1, 3}, ImageShape{2, 50, 3}}) {
        const TestImage image = random_image(shape.height, shape.width, shape.channels);
        const FloatTestImage floats = floats_of(image);
        const Recipe recipe(preset(GetParam(), 32, 3), 3);
        for (std::uint64_t sample = 0; sample < 50; ++sample) {
            const SampleKey key{7, 2, sample};
            const Box box = recipe.window(shape, key);
            ASSERT_TRUE(whole_box(shape).holds(box));
            EXPECT_EQ(run_window(recipe, image, box, key), run(recipe, image.view(), key)) << sample;
            EXPECT_EQ(run_window(recipe, floats, box, key), run(recipe, floats.view(), key)) << sample;
        }
    }
}

INSTANTIATE_TEST_SUITE_P(Presets, EveryPresetOfAWindow, testing::ValuesIn(preset_names()),
                         [](const auto& preset_info) { return preset_info.param; });

constexpr ImageShape kShape{64, 80, 3};
const OpSpec kSmallCrop{"random_resized_crop", 1.0, {{"scale", {0.01, 0.05}}}};

TEST(Window, IsTheCropOfTheOnlyView) {
    const Recipe recipe(one_view(16, {{"random_resized_crop", 1.0, {{"scale", {0.1, 0.1}}, {"ratio", {1.0}}}}}), 3);
    const Box box = recipe.window(kShape, {1, 0, 5});
    EXPECT_EQ(box.height, 23); // sqrt(0.1 * 64 * 80) = 22.6
    EXPECT_EQ(box.width, 23);
}

TEST(Window, HoldsTheCropsOfAllViewsAndNoMore) {
    RecipeSpec two{"two", 16, {{{kSmallCrop}, 0}, {{kSmallCrop}, 1}}};
    const Recipe both(two, 3);
    const Recipe first({"first", 16, {two.views[0]}}, 3);
    const Recipe second({"second", 16, {two.views[1]}}, 3);
    for (std::uint64_t sample = 0; sample < 50; ++sample) {
        const SampleKey key{1, 0, sample};
        const Box a = first.window(kShape, key);
        const Box b = second.window(kShape, key);
        const Box box = both.window(kShape, key);
        EXPECT_TRUE(box.holds(a) && box.holds(b));
        EXPECT_EQ(box.top, std::min(a.top, b.top));
        EXPECT_EQ(box.left, std::min(a.left, b.left));
        EXPECT_EQ(box.top + box.height, std::max(a.top + a.height, b.top + b.height));
        EXPECT_EQ(box.left + box.width, std::max(a.left + a.width, b.left + b.width));
    }
}

TEST(Window, IsTheWholeImageWhereOneViewBeginsOtherwise) {
    const Recipe recipe({"two", 16, {{{kSmallCrop}, 0}, {{{"resize", 1.0, {}}}, 1}}}, 3);
    EXPECT_EQ(recipe.window(kShape, {}), whole_box(kShape));
    EXPECT_EQ(Recipe(one_view(16, {{"horizontal_flip", 1.0, {}}, kSmallCrop}), 3).window(kShape, {}),
              whole_box(kShape));
    EXPECT_EQ(Recipe(one_view(16, {}), 3).window(kShape, {}), whole_box(kShape));
}

TEST(Window, PassesOverOperationsThatAreNotApplied) {
    const Recipe plain(one_view(16, {{"horizontal_flip", 0.0, {}}, kSmallCrop}), 3);
    const Recipe sometimes(one_view(16, {{"horizontal_flip", 0.5, {}}, kSmallCrop}), 3);
    int wholes = 0;
    for (std::uint64_t sample = 0; sample < 100; ++sample) {
        const Box box = sometimes.window(kShape, {1, 0, sample});
        const bool whole = box == whole_box(kShape);
        wholes += whole ? 1 : 0;
        EXPECT_TRUE(whole || box == plain.window(kShape, {1, 0, sample}));
    }
    EXPECT_GT(wholes, 30);
    EXPECT_LT(wholes, 70);
}

TEST(Window, MayBeLargerThanNeededButNotSmaller) {
    const TestImage image = random_image(kShape.height, kShape.width, kShape.channels);
    const Recipe recipe(one_view(16, {kSmallCrop}), 3);
    const SampleKey key{1, 0, 3};
    const Box box = recipe.window(kShape, key);
    const Box wider{box.top / 2, box.left / 2, box.top + box.height - box.top / 2, box.left + box.width - box.left / 2};
    EXPECT_EQ(run_window(recipe, image, wider, key), run(recipe, image.view(), key));
    EXPECT_THROW(run_window(recipe, image, {box.top, box.left, box.height, box.width - 1}, key), std::logic_error);
}

/// Says that it reads a corner, and looks at everything.
class Liar final : public Operation {
  public:
    Box reads(ImageShape, Draws&) const override { return {0, 0, 1, 1}; }
    void apply(Canvas& canvas, Draws&) const override { canvas.edit(); }
};

OperationPtr make_liar(OpParams&) {
    return std::make_unique<Liar>();
}

TEST(Window, AnOperationCannotLookBeyondWhatItSaid) {
    static const bool registered = register_operation("liar", make_liar);
    ASSERT_TRUE(registered);
    const TestImage image = random_image(16, 16, 3);
    EXPECT_THROW(run_window(Recipe(one_view(16, {{"liar", 1.0, {}}}), 3), image, {0, 0, 1, 1}, {}), std::logic_error);
}

} // namespace
} // namespace tacit::augment
