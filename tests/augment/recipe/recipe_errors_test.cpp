// SPDX-License-Identifier: Apache-2.0
#include "augment/recipe/operation.hpp"
#include "tests/augment/test_images.hpp"

#include "pipeline/base/error.hpp"

#include <gtest/gtest.h>
#include <limits>

namespace tacit::augment {
namespace {

/// The message of the ConfigError that building a recipe throws; empty if it throws none.
std::string refusal(const RecipeSpec& spec, int channels = 3) {
    try {
        const Recipe recipe(spec, channels);
    } catch (const ConfigError& error) {
        return error.what();
    }
    return "";
}

std::string op_refusal(const OpSpec& op, int channels = 3) {
    return refusal(one_view(32, {op}), channels);
}

void expect_in(const std::string& message, const std::string& part) {
    EXPECT_NE(message.find(part), std::string::npos) << "message: '" << message << "', missing: '" << part << "'";
    EXPECT_EQ(message.find('\n'), std::string::npos);
}

TEST(RecipeErrors, UnknownOperationNamesTheNearest) {
    const std::string message = op_refusal({"gausian_blur", 1.0, {}});
    expect_in(message, "gausian_blur");
    expect_in(message, "did you mean 'gaussian_blur'");
    expect_in(message, "recipe 'test', view 0");
}

TEST(RecipeErrors, UnknownParameterNamesTheNearest) {
    expect_in(op_refusal({"gaussian_blur", 1.0, {{"sigm", {1.0}}}}), "did you mean 'sigma'");
}

TEST(RecipeErrors, ParameterOfAnOperationWithoutAny) {
    expect_in(op_refusal({"horizontal_flip", 1.0, {{"angle", {1.0}}}}), "it takes none but p");
}

TEST(RecipeErrors, LastSizeIsTheView) {
    const OpSpec resize{"resize_short_side", 1.0, {{"size", {40}}}};
    const OpSpec crop{"random_resized_crop", 0.5, {{"size", {24}}}};
    expect_in(op_refusal(resize), "resize_short_side makes images of size 40, and the view is 32 x 32");
    expect_in(refusal(one_view(32, {resize, crop, {"horizontal_flip", 0.5, {}}})), "random_resized_crop makes images");
    expect_in(refusal(one_view(32, {resize, {"center_crop", 0.5, {}}})), "resize_short_side makes images");
    expect_in(refusal(one_view(32, {resize, {"center_crop", 0.5, {}}})), "or always (p: 1) end with resize");
    EXPECT_EQ(refusal(one_view(32, {resize, crop, {"center_crop", 1.0, {}}, {"horizontal_flip", 0.5, {}}})), "");
}

TEST(RecipeErrors, UnknownPresetNamesTheNearest) {
    try {
        preset("simcrl", 32, 3);
        FAIL() << "no exception";
    } catch (const ConfigError& error) {
        expect_in(error.what(), "did you mean 'simclr'");
    }
}

TEST(RecipeErrors, HueOnOneChannelNamesTheAlternative) {
    const std::string message = op_refusal({"color_jitter", 1.0, {{"hue", {0.1}}}}, 1);
    expect_in(message, "3 channels");
    expect_in(message, "brightness and contrast work on any number of channels");
}

TEST(RecipeErrors, SaturationAndGrayscaleNeedThreeChannels) {
    expect_in(op_refusal({"color_jitter", 1.0, {{"saturation", {0.5}}}}, 8), "the images have 8");
    expect_in(op_refusal({"grayscale", 1.0, {}}, 1), "use color_jitter");
}

TEST(RecipeErrors, TheOnlyChannelIsNotDropped) {
    expect_in(op_refusal({"channel_drop", 1.0, {}}, 1), "use gain_offset");
    expect_in(op_refusal({"channel_drop", 1.0, {{"channels", {3}}}}, 3), "channels is 3, it must be in [1, 2]");
}

TEST(RecipeErrors, BrightnessAndContrastWorkOnAnyChannelCount) {
    EXPECT_EQ(op_refusal({"color_jitter", 1.0, {{"brightness", {0.4}}, {"contrast", {0.4}}}}, 8), "");
}

TEST(RecipeErrors, ProbabilityOutsideTheUnitInterval) {
    expect_in(op_refusal({"grayscale", 1.5, {}}), "p is 1.5, it must be in [0, 1]");
    expect_in(op_refusal({"grayscale", std::numeric_limits<double>::quiet_NaN(), {}}), "p is nan");
}

TEST(RecipeErrors, ValuesOutOfRange) {
    expect_in(op_refusal({"random_resized_crop", 1.0, {{"scale", {0.5, 1.5}}}}), "scale is 1.5");
    expect_in(op_refusal({"random_resized_crop", 1.0, {{"scale", {0.9, 0.1}}}}), "must not exceed");
    expect_in(op_refusal({"color_jitter", 1.0, {{"hue", {0.6}}}}), "hue is 0.6");
    expect_in(op_refusal({"gaussian_blur", 1.0, {{"sigma", {0.0}}}}), "sigma is 0");
    expect_in(op_refusal({"rotate90", 1.0, {{"turns", {4.0}}}}), "turns is 4");
    expect_in(op_refusal({"gaussian_noise", 1.0, {{"sigma", {std::numeric_limits<double>::infinity()}}}}),
              "sigma is inf");
}

TEST(RecipeErrors, EvenOrBrokenKernel) {
    expect_in(op_refusal({"gaussian_blur", 1.0, {{"kernel_size", {4.0}}}}), "must be odd");
    expect_in(op_refusal({"gaussian_blur", 1.0, {{"kernel_size", {3.5}}}}), "whole number");
    expect_in(op_refusal({"gaussian_blur", 1.0, {{"kernel_size", {3.0, 5.0}}}}), "it takes one");
    expect_in(op_refusal({"gaussian_blur", 1.0, {{"sigma", {0.1, 0.2, 0.3}}}}), "one or two");
}

TEST(RecipeErrors, GeometryAfterAMask) {
    expect_in(refusal(one_view(32, {{"center_mask", 1.0, {}}, {"horizontal_flip", 0.5, {}}})), "put the mask last");
}

TEST(RecipeErrors, GeometryAfterAPuzzle) {
    for (const char* name : {"horizontal_flip", "rotate90", "random_resized_crop", "rotation", "jigsaw"}) {
        expect_in(refusal(one_view(32, {{"jigsaw", 1.0, {{"grid", {2.0}}}}, {name, 0.5, {}}})), "put jigsaw last");
    }
    EXPECT_EQ(refusal(one_view(32, {{"horizontal_flip", 0.5, {}}, {"jigsaw", 1.0, {{"grid", {2.0}}}}})), "");
}

TEST(RecipeErrors, FlipsAfterATurn) {
    expect_in(refusal(one_view(32, {{"rotate90", 1.0, {}}, {"horizontal_flip", 0.5, {}}})), "put the flip first");
    expect_in(refusal(one_view(32, {{"rotate90", 1.0, {}}, {"vertical_flip", 0.5, {}}})), "put the flip first");
    EXPECT_EQ(refusal(one_view(32, {{"rotate90", 1.0, {}}, {"center_crop", 1.0, {}}, {"rotate90", 1.0, {}}})), "");
}

TEST(RecipeErrors, MasksOfTwoShapes) {
    expect_in(refusal(one_view(32, {{"center_mask", 1.0, {}}, {"patch_mask", 1.0, {}}})), "masks of one shape");
    EXPECT_EQ(refusal(one_view(32, {{"center_mask", 1.0, {}}, {"random_erasing", 1.0, {}}})), "");
}

TEST(RecipeErrors, PatchesAndTilesMustFit) {
    expect_in(op_refusal({"patch_mask", 1.0, {{"patch", {5.0}}}}), "must divide the view's side of 32");
    expect_in(op_refusal({"jigsaw", 1.0, {{"grid", {3.0}}}}), "choose a multiple of 3");
    expect_in(op_refusal({"jigsaw", 1.0, {{"permutations", {25.0}}}}), "permutations is 25");
}

TEST(RecipeErrors, WordsNameTheNearest) {
    expect_in(op_refusal({"watermark", 1.0, {}, {{"kind", "stroke"}}}), "did you mean 'strokes'");
    expect_in(op_refusal({"watermark", 1.0, {}, {{"count", "3"}}}), "unknown parameter 'count'");
    expect_in(op_refusal({"random_erasing", 1.0, {{"value", {1, 2}}}}), "one for each of 3 channels");
}

TEST(RecipeErrors, SizesAndCountsOutOfRange) {
    expect_in(refusal(one_view(0, {})), "size is 0");
    expect_in(refusal(one_view(32, {}), 33), "channels is 33");
    expect_in(refusal(one_view(32, {}), 0), "channels is 0");
    expect_in(refusal(RecipeSpec{"empty", 32, {}}), "number of views is 0");
    expect_in(refusal(RecipeSpec{"draw", 32, {{{}, 256}}}), "draw is 256");
}

TEST(RecipeErrors, EveryOperationHasWorkingDefaults) {
    for (const std::string& name : operation_names()) {
        EXPECT_EQ(op_refusal({name, 1.0, {}}), "") << name;
    }
}

} // namespace
} // namespace tacit::augment
