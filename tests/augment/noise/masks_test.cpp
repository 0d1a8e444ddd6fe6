// SPDX-License-Identifier: Apache-2.0
#include "tests/augment/test_images.hpp"

#include <algorithm>
#include <cmath>
#include <gtest/gtest.h>
#include <numeric>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

namespace tacit::augment {
namespace {

int total(const std::vector<std::uint8_t>& mask) {
    return std::accumulate(mask.begin(), mask.end(), 0);
}

std::vector<std::uint8_t> mask_of(const Recipe& recipe, std::uint64_t sample) {
    const int size = recipe.output().width;
    return run(recipe, TestImage(size, size, recipe.channels()).view(), {1, 0, sample}).masks[0];
}

SampleKey any_key() {
    return {*rc::gen::arbitrary<std::uint64_t>(), 0, *rc::gen::inRange<std::uint64_t>(0, 1 << 20)};
}

RC_GTEST_PROP(PatchMask, HidesTheSameNumberOfPatchesInEverySample, ()) {
    const int patch = *rc::gen::inRange(1, 9);
    const int grid = *rc::gen::inRange(1, 20);
    const double ratio = *rc::gen::inRange(0, 101) / 100.0;
    const OpSpec op{"patch_mask", 1.0, {{"patch", {static_cast<double>(patch)}}, {"ratio", {ratio}}}};
    const Recipe recipe(one_view(patch * grid, {op}), 1);
    RC_ASSERT((recipe.outputs(0).mask == MaskShape{1, grid, grid}));
    const TestImage image(patch * grid, patch * grid, 1);
    const int kept = static_cast<int>(grid * grid * (1 - ratio));
    RC_ASSERT(total(run(recipe, image.view(), any_key()).masks[0]) == grid * grid - kept);
}

TEST(PatchMask, HidesEveryPatchEquallyOftenAndPairsIndependently) {
    const Recipe recipe(one_view(8, {{"patch_mask", 1.0, {{"patch", {2}}, {"ratio", {0.75}}}}}), 1);
    constexpr int kSamples = 8000;
    std::vector<int> counts(16, 0);
    int first_and_last = 0;
    for (std::uint64_t sample = 0; sample < kSamples; ++sample) {
        const std::vector<std::uint8_t> mask = mask_of(recipe, sample);
        for (std::size_t i = 0; i < counts.size(); ++i) {
            counts[i] += mask[i];
        }
        first_and_last += mask.front() * mask.back();
    }
    for (const int count : counts) {
        EXPECT_NEAR(count, 0.75 * kSamples, 5 * std::sqrt(kSamples * 0.75 * 0.25));
    }
    const double both = 12.0 / 16 * 11 / 15;
    EXPECT_NEAR(first_and_last, both * kSamples, 5 * std::sqrt(kSamples * both * (1 - both)));
}

TEST(PatchMask, IsThatOfMaeByDefault) {
    const Recipe recipe(preset("mae", 224, 3), 3);
    EXPECT_EQ(recipe.outputs(0).mask, (MaskShape{1, 14, 14}));
    EXPECT_EQ(total(mask_of(recipe, 3)), 147);
    EXPECT_EQ(Recipe(preset("mae", 32, 3), 3).outputs(0).mask, (MaskShape{1, 8, 8}));
}

/// The rectangle that a plane's ones fill; {0, 0, 0, 0} if they fill none.
std::array<int, 4> rectangle(const std::uint8_t* plane, int grid) {
    int top = grid;
    int left = grid;
    int bottom = -1;
    int right = -1;
    int count = 0;
    for (int y = 0; y < grid; ++y) {
        for (int x = 0; x < grid; ++x) {
            if (plane[y * grid + x] == 1) {
                top = std::min(top, y);
                left = std::min(left, x);
                bottom = std::max(bottom, y);
                right = std::max(right, x);
                ++count;
            }
        }
    }
    const std::array<int, 4> found{top, left, bottom - top + 1, right - left + 1};
    return count > 0 && count == found[2] * found[3] ? found : std::array<int, 4>{};
}

RC_GTEST_PROP(MultiBlockMask, TargetsAreBlocksOfOneSizeOutsideTheContext, ()) {
    const int grid = *rc::gen::inRange(1, 24);
    const int targets = *rc::gen::inRange(1, 7);
    const OpSpec op{"multi_block_mask", 1.0, {{"patch", {1}}, {"targets", {static_cast<double>(targets)}}}};
    const Recipe recipe(one_view(grid, {op}), 1);
    RC_ASSERT((recipe.outputs(0).mask == MaskShape{1 + targets, grid, grid}));
    const std::vector<std::uint8_t> mask = run(recipe, TestImage(grid, grid, 1).view(), any_key()).masks[0];
    const std::array<int, 4> first = rectangle(mask.data() + grid * grid, grid);
    RC_ASSERT(first[2] > 0);
    for (int i = 1; i <= targets; ++i) {
        const std::uint8_t* plane = mask.data() + i * grid * grid;
        const std::array<int, 4> block = rectangle(plane, grid);
        RC_ASSERT(block[2] == first[2] && block[3] == first[3]);
        for (int cell = 0; cell < grid * grid; ++cell) {
            RC_ASSERT(plane[cell] <= mask[static_cast<std::size_t>(cell)]);
        }
    }
    if (grid >= 8 && targets <= 4) {
        RC_ASSERT(grid * grid - total({mask.begin(), mask.begin() + grid * grid}) >= 10);
    }
}

TEST(MultiBlockMask, DrawsScalesAspectsAndPlacesOfThePaper) {
    const Recipe recipe(preset("ijepa", 224, 3), 3);
    constexpr int kGrid = 14;
    double area = 0.0;
    bool last_row = false;
    bool last_column = false;
    constexpr int kSamples = 2000;
    for (std::uint64_t sample = 0; sample < kSamples; ++sample) {
        const std::vector<std::uint8_t> mask = mask_of(recipe, sample);
        const std::array<int, 4> block = rectangle(mask.data() + kGrid * kGrid, kGrid);
        area += block[2] * block[3] / 196.0 / kSamples;
        const double aspect = static_cast<double>(block[2]) / block[3];
        EXPECT_GE(aspect, 0.75 * 0.8); // sides are whole patches
        EXPECT_LE(aspect, 1.5 * 1.25);
        last_row = last_row || block[0] + block[2] == kGrid;
        last_column = last_column || block[1] + block[3] == kGrid;
    }
    EXPECT_NEAR(area, 0.175, 0.01);
    EXPECT_TRUE(last_row && last_column);
}

RC_GTEST_PROP(FreeFormMask, HidesExactlyTheShareDrawn, ()) {
    const int size = *rc::gen::inRange(1, 80);
    const double area = *rc::gen::inRange(1, 101) / 100.0;
    const Recipe recipe(one_view(size, {{"free_form_mask", 1.0, {{"area", {area}}}}}), 1);
    const std::vector<std::uint8_t> mask = run(recipe, TestImage(size, size, 1).view(), any_key()).masks[0];
    const long expected = std::max(1L, std::lround(area * size * size));
    RC_ASSERT(std::abs(total(mask) - expected) <= 2); // equal noise
}

TEST(FreeFormMask, IsOfConnectedRegionsAnywhere) {
    const Recipe recipe(one_view(64, {{"free_form_mask", 1.0, {}}}), 1);
    std::vector<int> counts(64 * 64, 0);
    for (std::uint64_t sample = 0; sample < 400; ++sample) {
        const std::vector<std::uint8_t> mask = mask_of(recipe, sample);
        EXPECT_NEAR(total(mask), 0.25 * 4096, 0.051 * 4096);
        int edges = 0;
        for (std::size_t i = 0; i + 1 < mask.size(); ++i) {
            counts[i] += mask[i];
            edges += mask[i] != mask[i + 1] ? 1 : 0;
        }
        EXPECT_LT(edges, 64 * 8); // scattered pixels would make about 1500
    }
    for (std::size_t i = 0; i + 1 < counts.size(); ++i) {
        EXPECT_NEAR(counts[i], 100, 60) << i;
    }
}

RC_GTEST_PROP(RandomErasing, ChangesTheMaskedRectangleAlone, ()) {
    const int size = *rc::gen::inRange(1, 40);
    const int channels = *rc::gen::element(1, 2, 3, 8);
    const Recipe recipe(one_view(size, {{"random_erasing", 1.0, {{"value", {7}}}}}), channels);
    const TestImage image(size, size, channels, 200);
    const SampleOutputs outputs = run(recipe, image.view(), any_key());
    for (std::size_t i = 0; i < outputs.pixels[0].size(); ++i) {
        const bool erased = outputs.masks[0][i / static_cast<std::size_t>(channels)] == 1;
        RC_ASSERT(outputs.pixels[0][i] == (erased ? 7 : 200));
    }
    RC_ASSERT(total(outputs.masks[0]) == 0 || rectangle(outputs.masks[0].data(), size)[2] > 0);
}

TEST(RandomErasing, AreaIsThatOfTorchvision) {
    const Recipe recipe(one_view(64, {{"random_erasing", 1.0, {}}}), 1);
    double area = 0.0;
    constexpr int kSamples = 4000;
    for (std::uint64_t sample = 0; sample < kSamples; ++sample) {
        area += total(mask_of(recipe, sample)) / 4096.0 / kSamples;
    }
    EXPECT_NEAR(area, 0.17, 0.01); // of U(.02, .33), less what never fits
}

TEST(RandomErasing, NoiseTakesTheRegionsPlaceWhenAsked) {
    const OpSpec op{"random_erasing", 1.0, {{"random", {1}}, {"scale", {0.3, 0.3}}, {"ratio", {1, 1}}}};
    const TestImage image(64, 64, 3, 0);
    const SampleOutputs outputs = run(Recipe(one_view(64, {op}), 3), image.view(), {});
    const double sum = std::accumulate(outputs.pixels[0].begin(), outputs.pixels[0].end(), 0.0);
    EXPECT_EQ(total(outputs.masks[0]), 35 * 35);
    EXPECT_NEAR(sum / (35.0 * 35 * 3), 127.5, 6.1); // five standard errors
}

RC_GTEST_PROP(Watermark, ChangesTheMaskedPixelsAlone, ()) {
    const int size = *rc::gen::inRange(1, 70);
    const std::string kind = *rc::gen::element<std::string>("text", "strokes");
    OpSpec op{"watermark", 1.0, {{"opacity", {1.0}}}};
    op.words["kind"] = kind;
    const TestImage image = random_image(size, size, 3);
    const SampleOutputs outputs = run(Recipe(one_view(size, {op}), 3), image.view(), any_key());
    int level = -1;
    for (std::size_t i = 0; i < outputs.pixels[0].size(); ++i) {
        if (outputs.masks[0][i / 3] == 0) {
            RC_ASSERT(outputs.pixels[0][i] == image.pixels[i]);
        } else {
            level = level < 0 ? outputs.pixels[0][i] : level;
            RC_ASSERT(outputs.pixels[0][i] == level);
        }
    }
}

TEST(Watermark, MarksSomeOfAlmostEveryView) {
    for (const char* kind : {"text", "strokes"}) {
        OpSpec op{"watermark", 1.0, {}};
        op.words["kind"] = kind;
        const Recipe recipe(one_view(96, {op}), 3);
        int marked = 0;
        for (std::uint64_t sample = 0; sample < 200; ++sample) {
            const int covered = total(mask_of(recipe, sample));
            marked += covered > 0 ? 1 : 0;
            EXPECT_LT(covered, 96 * 96 * 3 / 4) << kind;
        }
        EXPECT_GE(marked, 198) << kind;
    }
}

} // namespace
} // namespace tacit::augment
