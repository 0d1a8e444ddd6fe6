// SPDX-License-Identifier: Apache-2.0
#include "augment/geometry/orientation.hpp"
#include "tests/augment/test_images.hpp"

#include <algorithm>
#include <gtest/gtest.h>
#include <numeric>

namespace tacit::augment {
namespace {

int hidden(const std::vector<std::uint8_t>& mask) {
    return std::accumulate(mask.begin(), mask.end(), 0);
}

TEST(RotationTarget, NamesTheTurnsOfEachView) {
    const Recipe recipe(preset("rotnet", 32, 3), 3);
    const TestImage image = random_image(32, 32, 3);
    for (std::uint64_t sample = 0; sample < 10; ++sample) {
        const SampleOutputs outputs = run(recipe, image.view(), {1, 0, sample});
        EXPECT_EQ(outputs.rotations, (std::vector<std::int32_t>{0, 1, 2, 3}));
        for (int turns = 1; turns < 4; ++turns) {
            std::vector<std::uint8_t> expected(outputs.pixels[0].size());
            orient({outputs.pixels[0].data(), {32, 32, 3}}, Orientation::quarter_turns(turns),
                   {expected.data(), {32, 32, 3}});
            EXPECT_EQ(outputs.pixels[static_cast<std::size_t>(turns)], expected);
        }
    }
}

TEST(RotationTarget, RandomTurnsAreEvenlyDrawnAndTrue) {
    const Recipe recipe(one_view(6, {{"rotate90", 1.0, {}}}), 1);
    const TestImage image = random_image(6, 6, 1);
    Workspace workspace;
    std::vector<int> counts(4, 0);
    for (std::uint64_t sample = 0; sample < 8000; ++sample) {
        const SampleOutputs outputs = run(recipe, image.view(), {1, 0, sample}, workspace);
        const std::int32_t turns = outputs.rotations[0];
        ++counts.at(static_cast<std::size_t>(turns));
        std::vector<std::uint8_t> expected(36);
        orient(image.view(), Orientation::quarter_turns(turns), {expected.data(), {6, 6, 1}});
        ASSERT_EQ(outputs.pixels[0], expected);
    }
    for (const int count : counts) {
        EXPECT_NEAR(count, 2000, 200);
    }
}

TEST(RotationTarget, IsZeroWhenTheOperationWasNotApplied) {
    const Recipe recipe(one_view(4, {{"rotate90", 0.0, {{"turns", {3}}}}}), 1);
    EXPECT_EQ(run(recipe, TestImage(4, 4, 1).view(), {}).rotations[0], 0);
}

TEST(RotationTarget, IsWrittenByRotatingViewsAlone) {
    const Recipe recipe(preset("simclr", 16, 3), 3);
    EXPECT_FALSE(recipe.outputs(0).rotation);
    EXPECT_EQ(run(recipe, TestImage(16, 16, 3).view(), {}).rotations[0], 99);
    EXPECT_TRUE(Recipe(preset("rotnet", 16, 3), 3).outputs(0).rotation);
}

TEST(MaskTarget, CentreBlockHidesAQuarterAndLeavesThePixels) {
    const Recipe recipe(one_view(32, {{"center_mask", 1.0, {{"side", {0.5}}}}}), 3);
    const TestImage image = random_image(32, 32, 3);
    const SampleOutputs outputs = run(recipe, image.view(), {});
    EXPECT_TRUE(recipe.outputs(0).mask);
    EXPECT_EQ(outputs.pixels[0], image.pixels);
    for (int y = 0; y < 32; ++y) {
        for (int x = 0; x < 32; ++x) {
            const int expected = y >= 8 && y < 24 && x >= 8 && x < 24 ? 1 : 0;
            EXPECT_EQ(outputs.masks[0][static_cast<std::size_t>(y * 32 + x)], expected);
        }
    }
}

TEST(MaskTarget, RandomBlocksHideTheirShare) {
    const OpSpec op{"random_block_mask", 1.0, {{"blocks", {1}}, {"area", {0.1, 0.2}}}};
    const Recipe recipe(one_view(64, {op}), 1);
    const TestImage image(64, 64, 1);
    std::vector<std::uint8_t> ever(64 * 64, 0);
    for (std::uint64_t sample = 0; sample < 300; ++sample) {
        const std::vector<std::uint8_t> mask = run(recipe, image.view(), {1, 0, sample}).masks[0];
        EXPECT_NEAR(hidden(mask), 0.15 * 64 * 64, 0.065 * 64 * 64);
        EXPECT_LE(*std::max_element(mask.begin(), mask.end()), 1);
        std::transform(mask.begin(), mask.end(), ever.begin(), ever.begin(),
                       [](int a, int b) { return static_cast<std::uint8_t>(a | b); });
    }
    EXPECT_GT(hidden(ever), 0.95 * 64 * 64);
}

TEST(MaskTarget, BlocksUnite) {
    const OpSpec op{"random_block_mask", 1.0, {{"blocks", {8}}, {"area", {0.05, 0.05}}, {"ratio", {1.0, 1.0}}}};
    const Recipe recipe(one_view(64, {op}), 1);
    const int count = hidden(run(recipe, TestImage(64, 64, 1).view(), {1, 0, 3}).masks[0]);
    EXPECT_GT(count, 14 * 14);
    EXPECT_LE(count, 8 * 14 * 14);
}

TEST(MaskTarget, ContextEncoderCanTakeBlocksInsteadOfTheCentre) {
    RecipeSpec spec = preset("context_encoder", 32, 3);
    const TestImage image(32, 32, 3);
    EXPECT_EQ(hidden(run(Recipe(spec, 3), image.view(), {}).masks[0]), 256);
    for (OpSpec& op : spec.views[0].ops) {
        op.p = op.name == "center_mask" ? 0.0 : op.name == "random_block_mask" ? 1.0 : op.p;
    }
    const Recipe blocks(spec, 3);
    EXPECT_NE(run(blocks, image.view(), {1, 0, 1}).masks[0], run(blocks, image.view(), {1, 0, 2}).masks[0]);
}

TEST(MaskTarget, IsAllVisibleWhenNothingWasApplied) {
    const Recipe recipe(one_view(8, {{"center_mask", 0.0, {}}}), 1);
    EXPECT_EQ(hidden(run(recipe, TestImage(8, 8, 1).view(), {}).masks[0]), 0);
}

} // namespace
} // namespace tacit::augment
