// SPDX-License-Identifier: Apache-2.0
#include "augment/recipe/operation.hpp"
#include "augment/simd.hpp"
#include "tests/augment/test_images.hpp"

#include <gtest/gtest.h>
#include <map>
#include <thread>

namespace tacit::augment {
namespace {

constexpr int kSamples = 40;

TestImage image_of(std::uint64_t sample) {
    return random_image(30 + static_cast<int>(sample % 7), 41, 3, sample);
}

std::vector<SampleOutputs> run_samples(const Recipe& recipe, const std::vector<std::uint64_t>& order) {
    Workspace workspace;
    std::vector<SampleOutputs> outputs(kSamples);
    for (const std::uint64_t sample : order) {
        outputs[sample] = run(recipe, image_of(sample).view(), {5, 1, sample}, workspace);
    }
    return outputs;
}

std::vector<std::uint64_t> rising() {
    std::vector<std::uint64_t> order(kSamples);
    for (std::size_t i = 0; i < order.size(); ++i) {
        order[i] = i;
    }
    return order;
}

class EveryPreset : public testing::TestWithParam<std::string> {};

TEST_P(EveryPreset, DoesNotDependOnCallOrder) {
    const Recipe recipe(preset(GetParam(), 32, 3), 3);
    const std::vector<std::uint64_t> order = rising();
    EXPECT_EQ(run_samples(recipe, order), run_samples(recipe, {order.rbegin(), order.rend()}));
}

TEST_P(EveryPreset, DoesNotDependOnTheThread) {
    const Recipe recipe(preset(GetParam(), 32, 3), 3);
    const std::vector<SampleOutputs> expected = run_samples(recipe, rising());
    std::vector<SampleOutputs> made(kSamples);
    std::vector<std::thread> threads;
    for (std::uint64_t worker = 0; worker < 3; ++worker) {
        threads.emplace_back([&, worker] {
            Workspace workspace;
            for (std::uint64_t sample = worker; sample < kSamples; sample += 3) {
                made[sample] = run(recipe, image_of(sample).view(), {5, 1, sample}, workspace);
            }
        });
    }
    for (std::thread& thread : threads) {
        thread.join();
    }
    EXPECT_EQ(made, expected);
}

TEST_P(EveryPreset, DoesNotDependOnTheSimdLevel) {
    for (const int size : {32, 100}) {
        const Recipe recipe(preset(GetParam(), size, 3), 3);
        limit_simd(SimdLevel::scalar);
        const std::vector<SampleOutputs> expected = run_samples(recipe, rising());
        for (const SimdLevel level : {SimdLevel::avx2, SimdLevel::avx512}) {
            limit_simd(level);
            EXPECT_EQ(run_samples(recipe, rising()), expected) << static_cast<int>(simd_level());
        }
    }
}

TEST_P(EveryPreset, OfFloatsDependsOnNeitherOrderNorSimdLevel) {
    const Recipe recipe(preset(GetParam(), 32, 3), 3);
    const std::vector<std::uint64_t> order = rising();
    std::vector<FloatSampleOutputs> expected(kSamples);
    limit_simd(SimdLevel::scalar);
    for (const std::uint64_t sample : order) {
        expected[sample] = run(recipe, floats_of(image_of(sample)).view(), {5, 1, sample});
    }
    for (const SimdLevel level : {SimdLevel::avx2, SimdLevel::avx512}) {
        limit_simd(level);
        Workspace workspace;
        for (auto sample = order.rbegin(); sample != order.rend(); ++sample) {
            EXPECT_EQ(run(recipe, floats_of(image_of(*sample)).view(), {5, 1, *sample}, workspace), expected[*sample]);
        }
    }
}

TEST(EveryOperation, DoesNotDependOnTheSimdLevel) {
    std::vector<OpSpec> operations;
    for (const std::string& name : operation_names()) {
        operations.push_back({name, 1.0, {}});
    }
    operations.push_back({"rotation", 1.0, {}, {{"interpolation", "bilinear"}}});
    operations.push_back({"affine", 1.0, {{"scale", {0.3, 2}}, {"shear", {20}}}, {{"interpolation", "bilinear"}}});
    for (OpSpec& operation : operations) {
        const Recipe recipe(one_view(42, {{"resize", 1.0, {}}, std::move(operation)}), 3);
        limit_simd(SimdLevel::scalar);
        const std::vector<SampleOutputs> expected = run_samples(recipe, rising());
        for (const SimdLevel level : {SimdLevel::avx2, SimdLevel::avx512}) {
            limit_simd(level);
            EXPECT_EQ(run_samples(recipe, rising()), expected) << recipe.spec().views[0].ops[1].name;
        }
    }
}

INSTANTIATE_TEST_SUITE_P(Presets, EveryPreset, testing::ValuesIn(preset_names()),
                         [](const auto& preset_info) { return preset_info.param; });

TEST(Determinism, SeedEpochAndSampleEachChangeTheView) {
    const Recipe recipe(preset("simclr", 32, 3), 3);
    const TestImage image = random_image(32, 32, 3);
    const SampleOutputs base = run(recipe, image.view(), {1, 1, 1});
    EXPECT_NE(run(recipe, image.view(), {2, 1, 1}), base);
    EXPECT_NE(run(recipe, image.view(), {1, 2, 1}), base);
    EXPECT_NE(run(recipe, image.view(), {1, 1, 2}), base);
    EXPECT_EQ(run(recipe, image.view(), {1, 1, 1}), base);
}

TEST(Determinism, ViewsOfTheSameDrawAreEqual) {
    RecipeSpec spec = preset("simclr", 32, 3);
    const TestImage image = random_image(32, 32, 3);
    spec.views[1].draw = spec.views[0].draw;
    for (std::uint64_t sample = 0; sample < 20; ++sample) {
        const SampleOutputs outputs = run(Recipe(spec, 3), image.view(), {1, 0, sample});
        EXPECT_EQ(outputs.pixels[0], outputs.pixels[1]);
    }
}

TEST(Determinism, ViewsOfDifferentDrawsDiffer) {
    const Recipe recipe(preset("simclr", 32, 3), 3);
    const TestImage image = random_image(32, 32, 3);
    const SampleOutputs outputs = run(recipe, image.view(), {1, 0, 0});
    EXPECT_NE(outputs.pixels[0], outputs.pixels[1]);
}

TEST(Determinism, TurningOneOperationOffLeavesTheDrawsOfTheOthers) {
    const TestImage image = random_image(32, 32, 3);
    const OpSpec jitter{"color_jitter", 0.0, {{"brightness", {0.4}}}};
    const OpSpec crop{"random_resized_crop", 1.0, {}};
    for (std::uint64_t sample = 0; sample < 20; ++sample) {
        EXPECT_EQ(run(Recipe(one_view(32, {jitter, crop}), 3), image.view(), {1, 0, sample}),
                  run(Recipe(one_view(32, {{"horizontal_flip", 0.0, {}}, crop}), 3), image.view(), {1, 0, sample}));
    }
}

/// Share of samples whose view differs from the source when only `op` runs.
double applied_share(const OpSpec& op) {
    const TestImage image = random_image(8, 8, 3);
    const Recipe recipe(one_view(8, {op}), 3);
    Workspace workspace;
    constexpr int kCount = 20000;
    int applied = 0;
    for (std::uint64_t sample = 0; sample < kCount; ++sample) {
        applied += run(recipe, image.view(), {9, 0, sample}, workspace).pixels[0] != image.pixels ? 1 : 0;
    }
    return static_cast<double>(applied) / kCount;
}

TEST(Probability, FlipIsAppliedAtItsRate) {
    EXPECT_NEAR(applied_share({"horizontal_flip", 0.5, {}}), 0.5, 0.0177);
}

TEST(Probability, GrayscaleIsAppliedAtItsRate) {
    EXPECT_NEAR(applied_share({"grayscale", 0.2, {}}), 0.2, 0.0142);
}

TEST(Probability, ZeroIsNeverAndOneIsAlways) {
    EXPECT_EQ(applied_share({"solarize", 0.0, {}}), 0.0);
    EXPECT_EQ(applied_share({"solarize", 1.0, {}}), 1.0);
}

} // namespace
} // namespace tacit::augment
