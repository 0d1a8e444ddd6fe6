// SPDX-License-Identifier: Apache-2.0
// What holds for floats: they are drawn as uint8 are, and keep more than 8 bits.
#include "augment/recipe/operation.hpp"
#include "augment/resample/blur.hpp"
#include "augment/simd.hpp"
#include "tests/augment/test_images.hpp"

#include "pipeline/base/error.hpp"

#include <algorithm>
#include <cmath>
#include <gtest/gtest.h>
#include <limits>

namespace tacit::augment {
namespace {

/// Operations that work on floats, with parameters that make all of them do something.
std::vector<OpSpec> float_operations() {
    std::vector<OpSpec> operations;
    for (const std::string& name : operation_names()) {
        OpSpec op{name, 1.0, {}};
        if (!make_operation(op, "test", 32, 3)->takes_floats()) { // some of other tests do not
            continue;
        }
        if (name == "color_jitter") {
            op.params = {{"brightness", {0.4}}, {"contrast", {0.4}}, {"saturation", {0.4}}, {"hue", {0.1}}};
        } else if (name == "jigsaw") {
            op.params = {{"normalize", {1}}, {"gap", {2}}};
        } else if (name == "gaussian_blur") {
            op.params = {{"kernel_size", {9}}};
        }
        operations.push_back(op);
    }
    return operations;
}

/// The operation on an image of 48 x 41 pixels, and what brings the view to its size: in front where it needs that.
Recipe recipe_of(const OpSpec& op, int channels = 3) {
    const ViewOutputs outputs = Recipe(one_view(32, {op}), channels).outputs(0);
    const OpSpec resize{"resize", 1.0, {}};
    const std::vector<OpSpec> ops = outputs.permutation ? std::vector{op}
                                    : outputs.mask      ? std::vector{resize, op}
                                                        : std::vector{op, resize};
    return Recipe(one_view(32, ops), channels);
}

bool takes(const OpSpec& op, int channels) {
    try {
        make_operation(op, "test", 32, channels);
        return true;
    } catch (const ConfigError&) {
        return false;
    }
}

TEST(Floats, GetTheTargetsOfTheSameImageInLevels) {
    const TestImage image = random_image(48, 41, 3);
    const FloatTestImage floats = floats_of(image);
    for (const OpSpec& op : float_operations()) {
        const Recipe recipe = recipe_of(op);
        for (std::uint64_t sample = 0; sample < 5; ++sample) {
            const SampleTargets expected = run(recipe, image.view(), {1, 0, sample});
            const SampleTargets made = run(recipe, floats.view(), {1, 0, sample});
            EXPECT_EQ(made, expected) << op.name;
        }
    }
}

// Levels are truncated or rounded after every step and floats never.
TEST(Floats, BecomeWhatTheSameImageInLevelsBecomes) {
    const TestImage image = random_image(48, 41, 3);
    const FloatTestImage floats = floats_of(image);
    for (const OpSpec& op : float_operations()) {
        if (op.name == "equalize") { // has another meaning
            continue;
        }
        const Recipe recipe = recipe_of(op);
        double largest = 0.0;
        double sum = 0.0;
        for (std::uint64_t sample = 0; sample < 5; ++sample) {
            const std::vector<std::uint8_t> levels = run(recipe, image.view(), {1, 0, sample}).pixels[0];
            const std::vector<float> made = run(recipe, floats.view(), {1, 0, sample}).pixels[0];
            for (std::size_t i = 0; i < levels.size(); ++i) {
                const double difference = std::abs(static_cast<double>(levels[i]) - 255.0 * made[i]);
                largest = std::max(largest, difference);
                sum += difference / static_cast<double>(5 * levels.size());
            }
        }
        EXPECT_LE(largest, op.name == "color_jitter" ? 6.0 : 2.0) << op.name;
        EXPECT_LE(sum, op.name == "color_jitter" ? 2.0 : 0.6) << op.name;
    }
}

TEST(Floats, KeepMoreThanEightBits) {
    FloatTestImage image(32, 32, 1);
    for (std::size_t i = 0; i < image.pixels.size(); ++i) {
        image.pixels[i] = 0.5F + static_cast<float>(i) / 65535.0F;
    }
    const Recipe recipe(one_view(32, {{"horizontal_flip", 1.0, {}},
                                      {"color_jitter", 1.0, {{"brightness", {0.7, 0.9}}, {"contrast", {0.3}}}},
                                      {"gamma", 1.0, {}}}),
                        1);
    std::vector<float> values = run(recipe, image.view(), {1, 0, 3}).pixels[0];
    std::sort(values.begin(), values.end());
    EXPECT_EQ(std::unique(values.begin(), values.end()) - values.begin(), 1024);
}

TEST(Floats, EverySimdLevelMakesTheSameBytes) {
    for (const int channels : {1, 3, 8}) {
        const FloatTestImage image = floats_of(random_image(48, 41, channels));
        for (const OpSpec& op : float_operations()) {
            if (!takes(op, channels)) {
                continue;
            }
            const Recipe recipe = recipe_of(op, channels);
            limit_simd(SimdLevel::scalar);
            const FloatSampleOutputs expected = run(recipe, image.view(), {1, 0, 7});
            for (const SimdLevel level : {SimdLevel::avx2, SimdLevel::avx512}) {
                limit_simd(level);
                EXPECT_EQ(run(recipe, image.view(), {1, 0, 7}), expected) << op.name;
            }
        }
    }
}

TEST(Floats, OfExtremeSizesAndChannelsGoThroughEveryPreset) {
    for (const ImageShape shape : {ImageShape{1, 1, 3}, ImageShape{1, 50, 1}, ImageShape{50, 1, 3},
                                   ImageShape{4000, 7, 2}, ImageShape{2000, 1500, 1}, ImageShape{20, 20, 32}}) {
        const FloatTestImage image(shape.height, shape.width, shape.channels, 0.7F);
        for (const std::string& name : preset_names()) {
            if (name == "colorize" && shape.channels != 3) {
                continue;
            }
            const FloatSampleOutputs outputs =
                run(Recipe(preset(name, 28, shape.channels), shape.channels), image.view(), {1, 0, 2});
            if (name == "autoencoder") { // crops and flips of a constant image
                for (const float value : outputs.pixels[0]) {
                    ASSERT_NEAR(value, 0.7F, 1e-6F);
                }
            }
        }
    }
}

TEST(Floats, ThatAreNoNumbersOrOutsideTheRangeDoNoHarm) {
    FloatTestImage image = floats_of(random_image(48, 41, 3));
    image.pixels[0] = std::numeric_limits<float>::quiet_NaN();
    image.pixels[100] = std::numeric_limits<float>::infinity();
    image.pixels[200] = -std::numeric_limits<float>::infinity();
    image.pixels[301] = -1e30F;
    image.pixels[302] = 1e30F;
    for (const OpSpec& op : float_operations()) {
        EXPECT_NO_THROW(run(recipe_of(op), image.view(), {1, 0, 7})) << op.name;
    }
}

TEST(Floats, ColourOperationsMakeThemNumbersFromZeroToOne) {
    FloatTestImage image(1, 4, 3, 0.5F);
    image.pixels = {-1, 0.5F, 2, 0, 1, 0.25F, std::numeric_limits<float>::quiet_NaN(), 0.5F, 1, 1, 1, 1};
    const std::vector<ColorStep> steps{Brightness{1.5}, Saturation{2.0}, Hue{0.2},       Grayscale{}, Solarize{100},
                                       Posterize{3},    Gamma{0.5},      AutoContrast{}, Equalize{}};
    for (const ColorStep& step : steps) {
        for (const float value : colored(image, {step}).pixels) {
            EXPECT_TRUE(value >= 0.0F && value <= 1.0F) << step.index() << ": " << value;
        }
    }
}

// Half of 16 pixels below the brightest are darker than the ninth, and so on.
TEST(Floats, AreEqualizedByTheirRanks) {
    FloatTestImage image(1, 17, 1);
    for (std::size_t i = 0; i < image.pixels.size(); ++i) {
        image.pixels[i] = 0.4F + 0.01F * static_cast<float>(i * i) / 256.0F;
    }
    const std::vector<float> equalized = colored(image, {Equalize{}}).pixels;
    for (std::size_t i = 0; i < equalized.size(); ++i) {
        EXPECT_FLOAT_EQ(equalized[i], static_cast<float>(i) / 16.0F);
    }
    const FloatTestImage flat(3, 3, 1, 0.3F); // has no order
    EXPECT_EQ(colored(flat, {Equalize{}}).pixels, flat.pixels);
}

TEST(Floats, AnImpulseIsBlurredToTheKernel) {
    FloatTestImage image(1, 15, 1);
    image.pixels[7] = 1.0F;
    FloatBlurScratch scratch;
    gaussian_blur(image.edit(), 9, 1.5, scratch);
    double total = 0.0;
    for (int t = -4; t <= 4; ++t) {
        total += std::exp(-t * t / 4.5);
    }
    for (int x = 0; x < 15; ++x) {
        const double expected = std::abs(x - 7) <= 4 ? std::exp(-(x - 7) * (x - 7) / 4.5) / total : 0.0;
        EXPECT_NEAR(image.at(0, x), expected, 1e-7);
    }
}

TEST(Floats, NoiseHasTheDeviationAskedFor) {
    const FloatTestImage image(64, 64, 3, 0.5F);
    const Recipe recipe(one_view(64, {{"gaussian_noise", 1.0, {{"sigma", {0.01}}}}}), 3);
    double sum = 0.0;
    double squares = 0.0;
    const std::vector<float> values = run(recipe, image.view(), {1, 0, 1}).pixels[0];
    for (const float value : values) {
        sum += value - 0.5;
        squares += (value - 0.5) * (value - 0.5);
    }
    const auto count = static_cast<double>(values.size());
    EXPECT_NEAR(sum / count, 0.0, 4 * 0.01 / std::sqrt(count));
    EXPECT_NEAR(std::sqrt(squares / count), 0.01, 4 * 0.01 / std::sqrt(2 * count));
}

TEST(Floats, WithoutASlotAreStillDrawn) {
    const FloatTestImage image(8, 8, 3, 0.5F);
    Workspace workspace;
    EXPECT_NO_THROW(Recipe(preset("rotnet", 8, 3), 3).apply(image.view(), {}, std::vector<ViewSlot>(4), workspace));
}

} // namespace
} // namespace tacit::augment
