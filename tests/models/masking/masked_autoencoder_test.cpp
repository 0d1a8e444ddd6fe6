// SPDX-License-Identifier: Apache-2.0
#include "models/pretext/masking/hidden_pixels.hpp"
#include "tests/models/pretext_inputs.hpp"
#include "tests/models/wave.hpp"

#include <gtest/gtest.h>

namespace tacit::models {
namespace {

class MaskedAutoencoderTest : public testing::Test {
  protected:
    std::shared_ptr<Pretext> make(const std::string& options) {
        return build_pretext("{name: masked_autoencoder" + options + "}", "{backbone: convnet, width: 4}", {16, 24, 2},
                             *comm_, 5);
    }

    /// Patches of 4 x 4 of 16 x 24 pixels, of which every third is hidden.
    static PretextInput batch() {
        PretextInput input;
        input.views = {wave({3, 2, 16, 24}, 0.37, 0.1).to(torch::kFloat)};
        input.masks = {(torch::arange(3 * 4 * 6).remainder(3) == 1).to(torch::kFloat).view({3, 1, 4, 6})};
        input.global_count = 3;
        return input;
    }

    std::unique_ptr<dist::Communicator> comm_ = dist::make_self_communicator();
};

TEST_F(MaskedAutoencoderTest, PatchesAreHiddenAsPixels) {
    const auto input = batch();
    const auto hidden = hidden_pixels(input);
    ASSERT_EQ(hidden.sizes(), (at::IntArrayRef{3, 1, 16, 24}));
    for (int y = 0; y < 16; ++y) {
        for (int x = 0; x < 24; ++x) {
            EXPECT_EQ(hidden[1][0][y][x].item<float>(), input.masks[0][1][0][y / 4][x / 4].item<float>());
        }
    }
}

/// By the pictures that it draws, pixel by pixel.
TEST_F(MaskedAutoencoderTest, TheLossIsTheErrorOfHiddenPixelsOrOfAll) {
    for (const bool all : {false, true}) {
        const auto pretext = make(all ? ", loss_on: all" : "");
        pretext->eval();
        const auto input = batch();
        const auto images = pretext->pictures(input).at(0).images.to(torch::kDouble);
        const auto hidden = hidden_pixels(input).to(torch::kDouble);
        const auto error = (images.select(1, 1) - images.select(1, 2)).square();
        const double of_hidden = ((error * hidden).sum({1, 2, 3}) / (2 * hidden.sum({1, 2, 3}))).mean().item<double>();
        const double loss = pretext->loss(input).loss.item<double>();
        if (all) { // visible pixels are not seen in the pictures, so of a decoder that draws zeros
            const torch::NoGradGuard no_gradient;
            for (auto& item : pretext->named_parameters()) {
                if (item.key().starts_with("decoder.out.")) {
                    item.value().zero_();
                }
            }
            EXPECT_NEAR(pretext->loss(input).loss.item<double>(), input.views[0].square().mean().item<double>(), 1e-5);
        } else {
            EXPECT_NEAR(loss, of_hidden, 1e-5);
        }
    }
}

TEST_F(MaskedAutoencoderTest, WhatIsHiddenIsNotSeen) {
    const auto pretext = make("");
    auto input = batch();
    const auto before = pretext->pictures(input).at(0).images;
    input.views[0] = torch::where(hidden_pixels(input) > 0, input.views[0] + 100, input.views[0]);
    const auto after = pretext->pictures(input).at(0).images;
    EXPECT_TRUE(torch::equal(before.select(1, 1), after.select(1, 1)));
}

} // namespace
} // namespace tacit::models
