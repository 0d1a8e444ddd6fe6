// SPDX-License-Identifier: Apache-2.0
#include "pipeline/train/run/pictures.hpp"
#include "pipeline/train/step/pretext_input.hpp"

#include <torch/types.h>

#include <gtest/gtest.h>

#include <algorithm>
#include <iterator>

namespace tacit::train {
namespace {

/// Two samples in a view of 4 x 4 with a mask of 2 x 2 patches, and a puzzle of 2 x 2 pixels.
loader::Batch two_views() {
    loader::Batch batch;
    batch.count = 2;
    batch.ids = {7, 3};
    batch.labels = {-1, 2};
    batch.views.resize(2);
    loader::BatchView& masked = batch.views[0];
    masked.shape = {4, 4, 1};
    masked.mask_shape = {3, 2, 2};
    masked.pixels.assign(32, 255);
    masked.masks = {1, 1, 0, 1, 0, 1, 0, 0, 0, 0, 0, 1, 0, 1, 1, 1, 0, 0, 0, 1, 0, 1, 0, 0};
    loader::BatchView& puzzle = batch.views[1];
    puzzle.shape = {2, 2, 1};
    puzzle.pixels.assign(8, 0);
    puzzle.permutation = {23, 5};
    return batch;
}

const InputFormat kFormat{{0.5}, {0.5}, at::kCPU, false};

TEST(PretextInput, TakesTheShapeOfEachView) {
    const models::PretextInput input = pretext_input(two_views(), kFormat, 0);
    EXPECT_EQ(input.views[0].sizes(), (std::vector<std::int64_t>{2, 1, 4, 4}));
    EXPECT_EQ(input.views[1].sizes(), (std::vector<std::int64_t>{2, 1, 2, 2}));
    EXPECT_EQ(input.masks[0].sizes(), (std::vector<std::int64_t>{2, 3, 2, 2}));
    EXPECT_EQ(input.masks[0][1][2].sum().item<double>(), 1);
    EXPECT_EQ(input.masks[0][1][2][0][1].item<double>(), 1);
    EXPECT_FALSE(input.masks[1].defined());
    EXPECT_FALSE(input.permutations[0].defined());
    EXPECT_TRUE(torch::equal(input.permutations[1], torch::tensor({23, 5}, torch::kInt64)));
}

TEST(PretextInput, CarriesIdsAndLabelsOfTheSamplesThatItTakes) {
    const models::PretextInput whole = pretext_input(two_views(), kFormat, 0);
    EXPECT_TRUE(torch::equal(whole.ids, torch::tensor({7, 3}, torch::kInt64)));
    EXPECT_TRUE(torch::equal(whole.labels, torch::tensor({-1, 2}, torch::kInt64)));
    EXPECT_TRUE(torch::equal(pretext_input(two_views(), kFormat, 0, 1).ids, torch::tensor({7}, torch::kInt64)));
}

TEST(PretextInput, OfAGpuIsNormalisedAsOnTheHost) {
    const InputFormat format{{0.2, 0.5, 0.7}, {0.1, 0.3, 0.25}, at::kCPU, false};
    loader::BatchView view;
    view.shape = {5, 3, 3};
    for (int i = 0; i < 2 * 5 * 3 * 3; ++i) {
        view.pixels.push_back(static_cast<std::uint8_t>(i * 29));
    }
    const auto host = models::normalized_images(view.pixels.data(), 2, view.shape, format.mean, format.std);
    const at::Tensor images = device_images(view, 2, format);
    EXPECT_EQ(images.sizes(), host.sizes());
    EXPECT_TRUE(images.is_contiguous(at::MemoryFormat::ChannelsLast));
    EXPECT_LE((images - host).abs().max().item<double>(), 2e-6);
    std::transform(view.pixels.begin(), view.pixels.end(), std::back_inserter(view.values),
                   [](std::uint8_t level) { return static_cast<float>(level) / 255; });
    const std::pmr::vector<float> before = view.values;
    EXPECT_LE((device_images(view, 2, format) - host).abs().max().item<double>(), 2e-6);
    EXPECT_EQ(view.values, before);
}

TEST(PretextInput, ItsSheetShowsViewsAndMasksAtOneSize) {
    const models::PretextPicture sheet = view_sheet(pretext_input(two_views(), kFormat, 0));
    EXPECT_EQ(sheet.images.sizes(), (std::vector<std::int64_t>{2, 3, 1, 4, 4})); // view, masked, puzzle
    const at::Tensor masked = sheet.images[0][1][0];
    EXPECT_EQ(masked[3][0].item<double>(), 1); // the patch at the lower left is visible
    EXPECT_EQ(masked.sum().item<double>(), 4);
}

} // namespace
} // namespace tacit::train
