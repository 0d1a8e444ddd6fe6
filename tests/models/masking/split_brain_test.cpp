// SPDX-License-Identifier: Apache-2.0
#include "models/backbones/color_encoder.hpp"
#include "models/modules.hpp"
#include "models/parts/lab.hpp"
#include "pipeline/base/error.hpp"
#include "tests/models/fixture.hpp"
#include "tests/models/pretext_inputs.hpp"
#include "tests/models/wave.hpp"

#include <cmath>
#include <gtest/gtest.h>

namespace tacit::models {
namespace {

class SplitBrainTest : public testing::Test {
  protected:
    std::shared_ptr<Pretext> make(int channels = 3, const std::string& model = "{backbone: convnet, width: 4}") {
        return build_pretext("{name: split_brain, decoder_width: 8}", model, {16, 24, channels}, *comm_, 5);
    }
    static PretextInput photos(std::int64_t count) {
        PretextInput input;
        input.views = {(0.5 + 0.5 * wave({count, 3, 16, 24}, 0.37, 0.1)).to(torch::kFloat)};
        input.global_count = count;
        input.ids = torch::arange(count);
        return input;
    }
    static double worst_difference(const at::Tensor& a, const at::Tensor& b) {
        return (a - b).abs().max().item<double>();
    }

    std::unique_ptr<dist::Communicator> comm_ = dist::make_self_communicator();
};

TEST_F(SplitBrainTest, UniformLogitsCostTheLogsOfBothBins) {
    const auto pretext = make();
    const torch::NoGradGuard no_gradient;
    for (const auto& item : pretext->named_parameters()) {
        if (item.key().find("_decoder.out.") != std::string::npos) {
            item.value().zero_();
        }
    }
    const auto loss = pretext->loss(photos(4));
    EXPECT_NEAR(loss.metrics.at("loss_chroma").item<double>(), std::log(261.0), 1e-4);
    EXPECT_NEAR(loss.metrics.at("loss_lightness").item<double>(), std::log(100.0), 1e-4);
    EXPECT_NEAR(loss.loss.item<double>(), std::log(261.0) + std::log(100.0), 1e-4);
}

/// With every head's logits given by its bias, each half is the cross-entropy of the nearest bins, by loops.
TEST_F(SplitBrainTest, EachHalfIsTheCrossEntropyOfTheNearestBin) {
    const auto pretext = make();
    std::map<std::string, at::Tensor> logits;
    const torch::NoGradGuard no_gradient;
    for (const auto& item : pretext->named_parameters()) {
        if (item.key().ends_with("_decoder.out.weight")) {
            item.value().zero_();
        } else if (item.key().ends_with("_decoder.out.bias")) {
            item.value().copy_(wave(item.value().sizes().vec(), 0.61, 0.4));
            logits[item.key()] = item.value().to(torch::kDouble).log_softmax(0);
        }
    }
    const auto input = photos(3);
    const auto lab = torch::adaptive_avg_pool2d(lab_of(input.views[0].to(torch::kDouble)), {4, 6});
    const auto bins = method_fixture("colorization")["centres"].to(torch::kDouble);
    double chroma = 0;
    double lightness = 0;
    for (int n = 0; n < 3; ++n) {
        for (int place = 0; place < 24; ++place) {
            const auto colour = lab[n].flatten(1).select(1, place);
            const auto nearest = (bins - colour.slice(0, 1, 3)).square().sum(1).argmin().item<std::int64_t>();
            const auto level = std::min<std::int64_t>(99, static_cast<std::int64_t>(colour[0].item<double>()));
            chroma -= logits.at("chroma_decoder.out.bias")[nearest].item<double>() / 72;
            lightness -= logits.at("lightness_decoder.out.bias")[level].item<double>() / 72;
        }
    }
    const auto loss = pretext->loss(input);
    EXPECT_NEAR(loss.metrics.at("loss_chroma").item<double>(), chroma, 1e-5);
    EXPECT_NEAR(loss.metrics.at("loss_lightness").item<double>(), lightness, 1e-5);
}

TEST_F(SplitBrainTest, FeaturesAreThoseOfBothNetworks) {
    for (const std::string model :
         {"{backbone: convnet, width: 4}", "{backbone: vit_tiny, width: 24, depth: 2, heads: 3, patch: 4}"}) {
        SCOPED_TRACE(model);
        const auto pretext = make(3, model);
        const EvalMode mode(*pretext);
        const auto encoder = pretext->evaluated();
        const auto images = photos(2).views[0];
        const auto features = encoder->forward(images);
        const auto half = pretext->backbone().feature_dim();
        EXPECT_EQ(encoder->feature_dim(), 2 * half);
        EXPECT_EQ(features.sizes(), (at::IntArrayRef{2, 2 * half}));
        EXPECT_TRUE(torch::equal(features.slice(1, 0, half), pretext->backbone().forward(lightness_of(images))));
        const auto map = encoder->feature_map(images);
        const MapShape shape = encoder->map_shape();
        EXPECT_EQ(map.sizes(), (at::IntArrayRef{2, shape.channels, shape.height, shape.width}));
        for (const auto& name : encoder->layer_names()) {
            const auto whole = encoder->layers(images, {name}).front();
            const auto first = pretext->backbone().layers(lightness_of(images), {name}).front();
            EXPECT_EQ(whole.features.size(1), 2 * first.features.size(1)) << name;
            EXPECT_TRUE(torch::equal(whole.map.slice(1, 0, first.map.size(1)), first.map)) << name;
        }
    }
}

/// Lightness changes the first half of the features alone, colours the second one alone.
TEST_F(SplitBrainTest, EachNetworkIsShownItsOwnHalf) {
    const auto pretext = make();
    const EvalMode mode(*pretext);
    const auto of_lab = [](const at::Tensor& lightness, const at::Tensor& chroma) {
        return rgb_of(torch::cat({lightness, chroma}, 1)).to(torch::kFloat);
    };
    const auto lightness = 50 + 5 * wave({2, 1, 16, 24}, 0.31, 0.2);
    const auto chroma = 5 * wave({2, 2, 16, 24}, 0.23, 0.6); // within what sRGB shows
    const auto half = pretext->backbone().feature_dim();
    const auto features = [&](const at::Tensor& images) { return pretext->evaluated()->forward(images); };
    const auto before = features(of_lab(lightness, chroma));
    const auto lighter = features(of_lab(lightness + 10, chroma));
    const auto duller = features(of_lab(lightness, chroma * 0.5));
    const auto difference = [&](const at::Tensor& other, bool first) {
        return first ? worst_difference(other.slice(1, 0, half), before.slice(1, 0, half))
                     : worst_difference(other.slice(1, half), before.slice(1, half));
    };
    EXPECT_GT(difference(lighter, true), 0.01);
    EXPECT_LT(difference(lighter, false), 1e-3);
    EXPECT_LT(difference(duller, true), 1e-3);
    EXPECT_GT(difference(duller, false), 0.01);
}

TEST_F(SplitBrainTest, DrawsBothHalvesAndRefusesImagesWithoutColours) {
    const auto pretext = make();
    EXPECT_EQ(pretext->pictures(photos(4)).at(0).images.sizes(), (at::IntArrayRef{4, 3, 3, 16, 24}));
    EXPECT_THROW(make(1), ConfigError);
}

} // namespace
} // namespace tacit::models
