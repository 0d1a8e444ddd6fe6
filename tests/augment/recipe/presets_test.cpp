// SPDX-License-Identifier: Apache-2.0
#include "tests/augment/test_images.hpp"

#include "pipeline/base/error.hpp"

#include <algorithm>
#include <cmath>
#include <gtest/gtest.h>

namespace tacit::augment {
namespace {

bool has_op(const RecipeSpec& spec, const std::string& name) {
    const std::vector<OpSpec>& ops = spec.views.at(0).ops;
    return std::any_of(ops.begin(), ops.end(), [&](const OpSpec& op) { return op.name == name; });
}

const OpSpec& op_of(const RecipeSpec& spec, const std::string& name) {
    const std::vector<OpSpec>& ops = spec.views.at(0).ops;
    return *std::find_if(ops.begin(), ops.end(), [&](const OpSpec& op) { return op.name == name; });
}

TEST(Presets, CompileForAnySizeAndChannelCount) {
    for (const std::string& name : preset_names()) {
        for (const int channels : {1, 2, 3, 8, 32}) {
            for (const int size : {1, 4, 28, 64, 96, 224}) {
                if (name == "colorize" && channels != 3) {
                    EXPECT_THROW(preset(name, size, channels), ConfigError);
                    continue;
                }
                const Recipe recipe(preset(name, size, channels), channels);
                if (name != "jigsaw") { // whose tiles do not cover the image
                    EXPECT_EQ(recipe.output(), (ImageShape{size, size, channels}));
                }
                EXPECT_EQ(recipe.spec().name, name);
            }
        }
    }
}

TEST(Presets, OnlyThoseWithoutEffectKeepImages) {
    const ImageShape fitting{32, 32, 3};
    for (const std::string& name : preset_names()) {
        EXPECT_EQ(Recipe(preset(name, 32, 3), 3).keeps(fitting), name == "none" || name == "eval") << name;
    }
    EXPECT_FALSE(Recipe(preset("none", 32, 3), 3).keeps({33, 32, 3}));
    EXPECT_FALSE(Recipe(preset("eval", 96, 3), 3).keeps({96, 96, 3}));
    EXPECT_TRUE(Recipe(preset("none", 96, 3), 3).keeps({96, 96, 3}));
}

TEST(Presets, HaveTheViewsOfTheirPretext) {
    const auto views = [](const std::string& name) { return Recipe(preset(name, 32, 3), 3).views(); };
    EXPECT_EQ(views("simclr"), 2);
    EXPECT_EQ(views("triplet"), 2);
    EXPECT_EQ(views("rotnet"), 4);
    EXPECT_EQ(views("context_encoder"), 1);
    EXPECT_EQ(views("autoencoder"), 1);
    EXPECT_EQ(views("denoise"), 2);
    EXPECT_EQ(views("restore"), 2);
    EXPECT_EQ(views("colorize"), 2);
    EXPECT_EQ(views("byol"), 2);
    EXPECT_EQ(views("multicrop"), 8);
    EXPECT_EQ(views("jigsaw"), 1);
    EXPECT_EQ(views("mae"), 1);
    EXPECT_EQ(views("ijepa"), 1);
    EXPECT_EQ(views("eval"), 1);
}

TEST(Presets, LeaveColourOutWithoutThreeChannels) {
    const RecipeSpec spec = preset("simclr", 32, 1);
    EXPECT_FALSE(has_op(spec, "grayscale"));
    EXPECT_EQ(op_of(spec, "color_jitter").params.count("hue"), 0U);
    EXPECT_EQ(op_of(spec, "color_jitter").params.count("brightness"), 1U);
}

TEST(Presets, BlurAndFullJitterBelongToLargeImages) {
    EXPECT_EQ(op_of(preset("simclr", 32, 3), "gaussian_blur").p, 0.0);
    EXPECT_EQ(op_of(preset("simclr", 224, 3), "gaussian_blur").p, 0.5);
    EXPECT_EQ(op_of(preset("simclr", 224, 3), "gaussian_blur").params.at("kernel_size"), std::vector<double>{23});
    EXPECT_EQ(op_of(preset("simclr", 32, 3), "color_jitter").params.at("hue"), std::vector<double>{0.1});
    EXPECT_EQ(op_of(preset("simclr", 224, 3), "color_jitter").params.at("hue"), std::vector<double>{0.2});
}

TEST(Presets, MulticropHasViewsOfTwoSizes) {
    const Recipe recipe(preset("multicrop", 224, 3), 3);
    for (int view = 0; view < recipe.views(); ++view) {
        EXPECT_EQ(recipe.output(view).width, view < 2 ? 224 : 96) << view;
    }
}

TEST(Presets, JigsawHasTheTilesOfVissl) {
    const Recipe recipe(preset("jigsaw", 255, 3), 3);
    EXPECT_EQ(recipe.output(), (ImageShape{192, 192, 3}));
    EXPECT_EQ(recipe.outputs(0).permutation, (PuzzleShape{9, 100}));
    EXPECT_EQ(Recipe(preset("jigsaw", 32, 3), 3).output(), (ImageShape{24, 24, 3}));
}

TEST(Presets, ByolTreatsItsViewsDifferently) {
    const RecipeSpec spec = preset("byol", 224, 3);
    const auto p = [&](std::size_t view, const std::string& name) {
        const std::vector<OpSpec>& ops = spec.views[view].ops;
        return std::find_if(ops.begin(), ops.end(), [&](const OpSpec& op) { return op.name == name; })->p;
    };
    EXPECT_EQ(p(0, "gaussian_blur"), 1.0);
    EXPECT_EQ(p(1, "gaussian_blur"), 0.1);
    EXPECT_EQ(p(0, "solarize"), 0.0);
    EXPECT_EQ(p(1, "solarize"), 0.2);
}

TEST(Presets, ColorizeShowsTheEncoderTheSamePictureInGrey) {
    const TestImage image = random_image(40, 40, 3);
    const SampleOutputs outputs = run(Recipe(preset("colorize", 32, 3), 3), image.view(), {});
    for (std::size_t i = 0; i < outputs.pixels[0].size(); i += 3) {
        const std::vector<std::uint8_t>& colour = outputs.pixels[1];
        EXPECT_EQ(outputs.pixels[0][i], outputs.pixels[0][i + 2]);
        EXPECT_NEAR(outputs.pixels[0][i], 0.2989 * colour[i] + 0.587 * colour[i + 1] + 0.114 * colour[i + 2], 1.0);
    }
}

TEST(Presets, EvalKeepsAnImageOfTheRightSize) {
    const TestImage image = random_image(32, 32, 3);
    EXPECT_EQ(run(Recipe(preset("eval", 32, 3), 3), image.view(), {1, 2, 3}).pixels[0], image.pixels);
}

TEST(Presets, EvalHasNoRandomness) {
    const TestImage image = random_image(300, 260, 3);
    const Recipe recipe(preset("eval", 224, 3), 3);
    EXPECT_EQ(run(recipe, image.view(), {1, 0, 0}), run(recipe, image.view(), {2, 5, 7}));
}

TEST(Presets, DenoiseAddsNoiseToTheCleanView) {
    const TestImage image(32, 32, 3, 128);
    const SampleOutputs outputs = run(Recipe(preset("denoise", 32, 3), 3), image.view(), {});
    EXPECT_EQ(outputs.pixels[1], image.pixels);
    double squares = 0.0;
    for (const int value : outputs.pixels[0]) {
        squares += (value - 128) * (value - 128);
    }
    EXPECT_NEAR(std::sqrt(squares / 3072), 0.2 * 255, 4.0);
}

/// `name` with only the operation `op` of those that damage the first view, always.
RecipeSpec damaged_by(const std::string& name, const std::string& op) {
    RecipeSpec spec = preset(name, 32, 3);
    for (OpSpec& each : spec.views[0].ops) {
        if (each.name != "random_resized_crop" && each.name != "horizontal_flip") {
            each.p = each.name == op ? 1.0 : 0.0;
        }
    }
    return spec;
}

TEST(Presets, EveryDamageIsAnotherInEachEpochAndLeavesTheTargetClean) {
    const TestImage image = random_image(32, 32, 3);
    for (const auto& [name, op] : {std::pair{"denoise", "gaussian_noise"},
                                   {"denoise", "masking_noise"},
                                   {"denoise", "salt_and_pepper"},
                                   {"denoise", "poisson_noise"},
                                   {"restore", "watermark"},
                                   {"restore", "gaussian_blur"},
                                   {"restore", "salt_and_pepper"},
                                   {"restore", "random_erasing"}}) {
        SCOPED_TRACE(std::string(name) + ", " + op);
        RecipeSpec spec = damaged_by(name, op);
        for (ViewSpec& view : spec.views) { // so that views of one epoch are compared with those of another
            std::erase_if(view.ops, [](const OpSpec& each) {
                return each.name == "random_resized_crop" || each.name == "horizontal_flip";
            });
            view.ops.insert(view.ops.begin(), {"center_crop", 1.0, {}});
        }
        const Recipe recipe(spec, 3);
        const SampleOutputs first = run(recipe, image.view(), {1, 0, 5});
        const SampleOutputs later = run(recipe, image.view(), {1, 1, 5});
        EXPECT_EQ(first.pixels[1], image.pixels);
        EXPECT_EQ(later.pixels[1], image.pixels);
        EXPECT_NE(first.pixels[0], image.pixels);
        EXPECT_NE(first.pixels[0], later.pixels[0]);
    }
}

TEST(Presets, DamagedAndCleanViewsShareTheirCrop) {
    const TestImage image = random_image(48, 48, 3);
    for (const auto* name : {"denoise", "restore"}) {
        const SampleOutputs outputs = run(Recipe(damaged_by(name, "none"), 3), image.view(), {1, 2, 3});
        EXPECT_EQ(outputs.pixels[0], outputs.pixels[1]) << name;
    }
}

} // namespace
} // namespace tacit::augment
