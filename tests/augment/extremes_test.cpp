// SPDX-License-Identifier: Apache-2.0
#include "tests/augment/test_images.hpp"

#include "pipeline/base/error.hpp"

#include <gtest/gtest.h>

namespace tacit::augment {
namespace {

class ExtremeSource : public testing::TestWithParam<ImageShape> {};

TEST_P(ExtremeSource, GoesThroughEveryPreset) {
    const ImageShape shape = GetParam();
    const TestImage image(shape.height, shape.width, shape.channels, 180);
    for (const std::string& name : preset_names()) {
        if (name == "colorize" && shape.channels != 3) {
            continue;
        }
        for (const int size : {28, 96}) {
            const Recipe recipe(preset(name, size, shape.channels), shape.channels);
            for (std::uint64_t sample = 0; sample < 3; ++sample) {
                const SampleOutputs outputs = run(recipe, image.view(), {1, 0, sample});
                if (name == "autoencoder") { // crops and flips of a constant image
                    EXPECT_EQ(outputs.pixels[0], std::vector<std::uint8_t>(recipe.output().bytes(), 180));
                }
            }
        }
    }
}

INSTANTIATE_TEST_SUITE_P(Shapes, ExtremeSource,
                         testing::Values(ImageShape{1, 1, 3}, ImageShape{1, 1, 1}, ImageShape{1, 50, 3},
                                         ImageShape{50, 1, 3}, ImageShape{2, 3, 2}, ImageShape{3000, 4000, 1},
                                         ImageShape{4000, 7, 3}, ImageShape{30, 31, 2}, ImageShape{30, 31, 8},
                                         ImageShape{20, 20, 32}),
                         [](const auto& test_info) {
                             const ImageShape& shape = test_info.param;
                             return std::to_string(shape.height) + "x" + std::to_string(shape.width) + "x" +
                                    std::to_string(shape.channels);
                         });

TEST(Extremes, AnEmptyImageIsRefused) {
    const Recipe recipe(preset("eval", 8, 3), 3);
    const TestImage image(1, 1, 3);
    EXPECT_THROW(run(recipe, ImageView{image.pixels.data(), {0, 4, 3}}, {}), DataError);
    EXPECT_THROW(run(recipe, ImageView{nullptr, {4, 4, 3}}, {}), DataError);
}

TEST(Extremes, AnotherChannelCountIsRefused) {
    const Recipe recipe(preset("eval", 8, 3), 3);
    EXPECT_THROW(run(recipe, TestImage(8, 8, 1).view(), {}), DataError);
}

TEST(Extremes, AViewOfTheWrongSizeIsRefusedWithAnAnswer) {
    const Recipe recipe(one_view(32, {{"horizontal_flip", 0.5, {}}}), 3);
    try {
        run(recipe, TestImage(28, 28, 3).view(), {});
        FAIL() << "no exception";
    } catch (const DataError& error) {
        EXPECT_NE(std::string(error.what()).find("add resize"), std::string::npos) << error.what();
    }
}

TEST(Extremes, APaddedCropLargerThanTheImageIsRefused) {
    const Recipe recipe(one_view(32, {{"padded_crop", 1.0, {{"padding", {1}}}}}), 3);
    EXPECT_THROW(run(recipe, TestImage(28, 40, 3).view(), {}), DataError);
}

TEST(Extremes, AnImageTooNarrowForItsShortSideIsRefused) {
    const Recipe recipe(preset("eval", 224, 1), 1);
    EXPECT_THROW(run(recipe, TestImage(1, 4000, 1).view(), {}), DataError);
}

TEST(Extremes, ASampleIdAbove48BitsIsRefused) {
    const Recipe recipe(preset("eval", 8, 3), 3);
    EXPECT_THROW(run(recipe, TestImage(8, 8, 3).view(), {0, 0, kMaxSample + 1}), DataError);
    EXPECT_NO_THROW(run(recipe, TestImage(8, 8, 3).view(), {0, 0, kMaxSample}));
}

TEST(Extremes, NullTargetsAreNotWritten) {
    const Recipe recipe(preset("rotnet", 8, 3), 3);
    const TestImage image(8, 8, 3);
    Workspace workspace;
    EXPECT_NO_THROW(recipe.apply(image.view(), {}, std::vector<ViewSlot>(4), workspace));
    const Recipe masked(preset("context_encoder", 8, 3), 3);
    EXPECT_NO_THROW(masked.apply(image.view(), {}, std::vector<ViewSlot>(1), workspace));
}

} // namespace
} // namespace tacit::augment
