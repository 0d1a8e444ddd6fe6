// SPDX-License-Identifier: Apache-2.0
#include "augment/recipe/recipe.hpp"
#include "models/pretext/pretext.hpp"

#include "pipeline/base/error.hpp"
#include "tests/models/pretext_inputs.hpp"
#include "tests/models/wave.hpp"

#include <ATen/autocast_mode.h>
#include <algorithm>
#include <cmath>
#include <gtest/gtest.h>
#include <set>
#include <torch/optim/sgd.h>

namespace tacit::models {
namespace {

constexpr augment::ImageShape kShape{16, 16, 3};
const std::string kModel = "{backbone: convnet, width: 4}";

class PretextTest : public testing::Test {
  protected:
    std::shared_ptr<Pretext> make(const std::string& yaml) {
        const bool batch_norm = yaml.find("contractive") == std::string::npos;
        return build_pretext(yaml, batch_norm ? kModel : "{backbone: convnet, width: 4, norm: group}", kShape, *comm_,
                             5);
    }

    static PretextInput input_for(const Pretext& pretext, std::int64_t count = 12, std::int64_t step = 0) {
        return converted(synthetic_input(pretext.needs(), step, count, 0, count), torch::kFloat);
    }

    std::string refusal(const std::string& yaml) {
        try {
            make(yaml);
        } catch (const ConfigError& error) {
            return error.what();
        }
        return "";
    }

    std::unique_ptr<dist::Communicator> comm_ = dist::make_self_communicator();
};

TEST_F(PretextTest, RegistryListsThePretextsAndTheirRecipes) {
    const auto names = pretext_names();
    EXPECT_TRUE(std::is_sorted(names.begin(), names.end()));
    EXPECT_EQ(std::set<std::string>(names.begin(), names.end()).size(), names.size());
    for (const char* known : {"autoencoder", "byol", "context_encoder", "rotnet", "simclr", "triplet"}) {
        EXPECT_EQ(default_recipe(known), known);
    }
    const auto recipes = augment::preset_names();
    for (const auto& name : names) {
        EXPECT_EQ(std::count(recipes.begin(), recipes.end(), default_recipe(name)), 1) << name;
    }
}

TEST_F(PretextTest, AnUnknownNameGetsTheNearest) {
    EXPECT_NE(refusal("{name: simclear}").find("simclr"), std::string::npos);
    EXPECT_THROW(default_recipe("rotnett"), ConfigError);
}

TEST_F(PretextTest, OptionsOutOfRangeAreRefused) {
    for (const auto* yaml :
         {"{name: simclr, temperature: 0}", "{name: simclr, projector: []}", "{name: triplet, margin: -1}",
          "{name: triplet, distance: manhattan}", "{name: autoencoder, loss: mae}",
          "{name: context_encoder, overlap: -1}", "{name: rotnet, temperature: 1}"}) {
        EXPECT_NE(refusal(yaml), "") << yaml;
    }
}

TEST_F(PretextTest, EveryPretextRegistersItsBackboneAsBackbone) {
    for (const auto& name : pretext_names()) {
        const auto pretext = make("{name: " + name + "}");
        EXPECT_TRUE(pretext->named_parameters().contains("backbone.conv1.conv.weight")) << name;
        EXPECT_TRUE(pretext->named_parameters().contains("backbone.conv1.norm.weight")) << name;
    }
}

TEST_F(PretextTest, LossesStartNearTheirUntrainedValues) {
    const auto rotnet = make("{name: rotnet}");
    EXPECT_NEAR(rotnet->loss(input_for(*rotnet)).loss.item<double>(), std::log(4.0), 0.1);
    const auto simclr = make("{name: simclr, temperature: 10}");
    EXPECT_NEAR(simclr->loss(input_for(*simclr)).loss.item<double>(), std::log(23.0), 0.15);
}

TEST_F(PretextTest, EveryPretextLearns) {
    for (const auto* yaml : {"{name: autoencoder}", "{name: autoencoder, code: map}", "{name: context_encoder}",
                             "{name: context_encoder, code: pooled, overlap: 1}", "{name: rotnet}", "{name: simclr}",
                             "{name: triplet}", "{name: triplet, distance: cosine, negatives: random}"}) {
        SCOPED_TRACE(yaml);
        const auto pretext = make(yaml);
        const auto input = input_for(*pretext, 16);
        torch::optim::SGD optimiser(pretext->parameters(), torch::optim::SGDOptions(0.05).momentum(0.9));
        const double before = pretext->loss(input).loss.item<double>();
        for (int step = 0; step < 30; ++step) {
            optimiser.zero_grad();
            pretext->loss(input).loss.backward();
            optimiser.step();
        }
        EXPECT_LT(pretext->loss(input).loss.item<double>(), 0.8 * before);
    }
}

TEST_F(PretextTest, EveryTrainedParameterGetsAGradient) {
    for (const auto& name : pretext_names()) {
        const auto pretext = make("{name: " + name + "}");
        pretext->loss(input_for(*pretext)).loss.backward();
        for (const auto& group : pretext->groups()) {
            for (const auto& [parameter, tensor] : group.tensors) {
                ASSERT_TRUE(tensor.grad().defined()) << name << " " << parameter;
                EXPECT_GT(tensor.grad().abs().sum().item<double>(), 0) << name << " " << parameter;
            }
        }
    }
}

TEST_F(PretextTest, EveryPretextRunsUnderBfloat16AutocastWithAFloat32Loss) {
    for (const auto& name : pretext_names()) {
        SCOPED_TRACE(name);
        const auto pretext = make("{name: " + name + "}");
        const auto input = input_for(*pretext);
        const double expected = pretext->loss(input).loss.item<double>();
        at::autocast::set_autocast_enabled(at::kCPU, true);
        const auto loss = pretext->loss(input).loss;
        at::autocast::set_autocast_enabled(at::kCPU, false);
        at::autocast::clear_cache();
        EXPECT_EQ(loss.scalar_type(), torch::kFloat);
        EXPECT_NEAR(loss.item<double>(), expected, 0.05 * expected);
        loss.backward();
        for (const auto& group : pretext->groups()) {
            for (const auto& [parameter_name, parameter] : group.tensors) {
                EXPECT_TRUE(parameter.grad().isfinite().all().item<bool>()) << parameter_name;
            }
        }
    }
}

TEST_F(PretextTest, AutoencoderReconstructsTheLastViewFromTheFirst) {
    const auto pretext = make("{name: autoencoder}");
    pretext->eval();
    auto input = converted(synthetic_input({.views = 2}, 0, 4, 0, 4), torch::kFloat);
    const auto output = pretext->pictures(input).at(0).images.select(1, 1);
    const double expected = (output - input.views[1]).square().mean().item<double>();
    EXPECT_NEAR(pretext->loss(input).loss.item<double>(), expected, 1e-6);
}

TEST_F(PretextTest, AutoencoderTakesBceOnlyOnPixelsInTheUnitRange) {
    const auto pretext = make("{name: autoencoder, loss: bce}");
    auto input = input_for(*pretext);
    EXPECT_THROW(pretext->loss(input), ConfigError);
    input.views[0] = input.views[0].sigmoid();
    EXPECT_TRUE(pretext->loss(input).loss.isfinite().item<bool>());
}

TEST_F(PretextTest, ContextEncoderNeverSeesHiddenPixels) {
    const auto pretext = make("{name: context_encoder}");
    auto input = input_for(*pretext);
    const auto before = pretext->pictures(input).at(0).images;
    input.views[0] = torch::where(input.masks[0] > 0, input.views[0] + 100, input.views[0]);
    const auto after = pretext->pictures(input).at(0).images;
    EXPECT_TRUE(torch::equal(before.select(1, 0), after.select(1, 0)));
    EXPECT_TRUE(torch::equal(before.select(1, 1), after.select(1, 1)));
}

TEST_F(PretextTest, ContextEncoderLossIsTheErrorOfTheHiddenRegion) {
    const auto pretext = make("{name: context_encoder}");
    pretext->eval();
    const auto input = input_for(*pretext, 6);
    const auto images = pretext->pictures(input).at(0).images;
    // Visible pixels are equal in the in-painted picture; 8 x 8 of 16 x 16 are hidden.
    const double expected = 4 * (images.select(1, 1) - images.select(1, 2)).square().mean().item<double>();
    EXPECT_NEAR(pretext->loss(input).loss.item<double>(), expected, 1e-5);
}

TEST_F(PretextTest, PicturesFitTheirColumnsAndLeaveTheModesOfAllPartsAlone) {
    for (const auto* name : {"autoencoder", "context_encoder", "rotnet"}) {
        const auto pretext = make(std::string("{name: ") + name + "}");
        const auto state = pretext->named_buffers()["backbone.conv1.norm.running_mean"].clone();
        pretext->backbone().eval(); // frozen, statistics too
        const auto pictures = pretext->pictures(input_for(*pretext));
        ASSERT_EQ(pictures.size(), 1U) << name;
        const auto& picture = pictures[0];
        EXPECT_EQ(picture.images.sizes().vec(),
                  (std::vector<std::int64_t>{8, static_cast<std::int64_t>(picture.columns.size()), 3, 16, 16}));
        EXPECT_FALSE(picture.images.requires_grad());
        EXPECT_TRUE(picture.captions.empty() || picture.captions.size() == 8U);
        EXPECT_TRUE(pretext->is_training());
        EXPECT_FALSE(pretext->backbone().is_training());
        EXPECT_TRUE(torch::equal(state, pretext->named_buffers()["backbone.conv1.norm.running_mean"]));
    }
}

TEST_F(PretextTest, DecodersDrawAnySize) {
    for (const int size : {9, 28, 33, 64}) {
        for (const auto* code : {"pooled", "map"}) {
            const augment::ImageShape shape{size, size, 1};
            const auto pretext =
                build_pretext(std::string("{name: autoencoder, code: ") + code + "}", kModel, shape, *comm_, 1);
            PretextInput input;
            input.views = {torch::randn({2, 1, size, size})};
            input.global_count = 2;
            EXPECT_EQ(pretext->pictures(input).at(0).images.size(4), size);
        }
    }
}

TEST(NormalizedImages, MatchTheFormulaForAnyChannelCount) {
    for (const int channels : {1, 2, 3, 4, 13}) {
        const augment::ImageShape shape{5, 7, channels};
        std::vector<std::uint8_t> pixels(3 * shape.bytes());
        for (std::size_t i = 0; i < pixels.size(); ++i) {
            pixels[i] = static_cast<std::uint8_t>(i * 37 % 256);
        }
        std::vector<double> mean, std;
        for (int c = 0; c < channels; ++c) {
            mean.push_back(0.3 + 0.02 * c);
            std.push_back(0.2 + 0.01 * c);
        }
        const auto images = normalized_images(pixels.data(), 3, shape, mean, std);
        EXPECT_TRUE(images.is_contiguous(at::MemoryFormat::ChannelsLast));
        const auto raw = torch::from_blob(pixels.data(), {3, 5, 7, channels}, torch::kByte).to(torch::kDouble);
        const auto expected = (raw / 255 - torch::tensor(mean, torch::kDouble)) / torch::tensor(std, torch::kDouble);
        EXPECT_LT(relative_difference(images, expected.permute({0, 3, 1, 2})), 1e-6);
    }
}

TEST(NormalizedImages, WrongNumberOfMeansIsABug) {
    const std::vector<std::uint8_t> pixels(3);
    EXPECT_THROW(normalized_images(pixels.data(), 1, {1, 1, 3}, {0.5}, {0.5}), std::logic_error);
}

} // namespace
} // namespace tacit::models
