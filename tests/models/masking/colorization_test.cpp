// SPDX-License-Identifier: Apache-2.0
#include "models/backbones/color_encoder.hpp"
#include "models/losses/pixel_losses.hpp"
#include "models/losses/soft_cross_entropy.hpp"
#include "models/modules.hpp"
#include "models/parts/color_bins.hpp"
#include "models/parts/lab.hpp"
#include "pipeline/base/error.hpp"
#include "tests/models/finite_differences.hpp"
#include "tests/models/fixture.hpp"
#include "tests/models/pretext_inputs.hpp"
#include "tests/models/wave.hpp"

#include <cmath>
#include <gtest/gtest.h>

namespace tacit::models {
namespace {

constexpr augment::ImageShape kPhoto{16, 24, 3};

double worst(const at::Tensor& a, const at::Tensor& b) {
    return (a.to(torch::kDouble) - b.to(torch::kDouble)).abs().max().item<double>();
}

at::Tensor oracle_colours() {
    auto rgb = wave({1, 3, 8, 6}, 0.9, 0.3).square();
    for (const auto& [place, value] : {std::pair<int, double>{0, 0.0}, {1, 1.0}, {2, 0.02}}) {
        rgb.select(2, 0).select(2, place).fill_(value);
    }
    return rgb;
}

TEST(Lab, IsThatOfScikitImage) {
    auto oracle = method_fixture("colorization");
    const auto rgb = oracle_colours();
    EXPECT_LT(worst(lab_of(rgb), oracle["lab"]), 1e-10);
    EXPECT_LT(worst(lab_of(rgb.to(torch::kFloat)), oracle["lab"]), 1e-3) << "of 100";
    EXPECT_LT(worst(rgb_of(oracle["lab"] + 3), oracle["rgb_of_lab"]), 1e-6) << "whose inverse matrix is rounded";
    EXPECT_LT(worst(rgb_of(lab_of(rgb)), rgb), 1e-4) << "there and back";
}

TEST(GamutBins, AreThoseOfAllColoursOfSrgb) {
    auto oracle = method_fixture("colorization");
    EXPECT_TRUE(torch::equal(gamut_bins(), oracle["centres"].to(torch::kDouble)));
}

class ColorClassLoss : public testing::Test {
  protected:
    void check(at::ScalarType type, double tolerance) {
        const auto centres = gamut_bins().to(type);
        const auto points = torch::stack({60 * wave({7}, 1.3, 0.2), 70 * wave({7}, 0.7, 0.5)}, 1).to(type);
        const auto targets = soft_classes(points, centres, 10, 5);
        EXPECT_TRUE(torch::equal(targets.classes, oracle_["classes"]));
        EXPECT_LT(worst(targets.shares, oracle_["shares"]), tolerance);
        auto prior = wave({centres.size(0)}, 0.37, 0.1).square();
        prior.slice(0, 0, prior.size(0), 5).zero_();
        prior = (prior / prior.sum()).to(type);
        const auto weights = rebalancing_weights(prior, 0.5);
        EXPECT_LT(relative_difference(weights, oracle_["weights"]), tolerance);
        const auto logits = (2 * wave({7, centres.size(0)}, 0.61, 0.4)).to(type).requires_grad_();
        const auto loss = soft_cross_entropy_share(logits, targets, weights, 7);
        loss.backward();
        EXPECT_LT(relative_difference(loss.detach(), oracle_["loss"]), tolerance);
        EXPECT_LT(relative_difference(logits.grad(), oracle_["logits_gradient"]), tolerance);
        EXPECT_LT(relative_difference(annealed_mean(logits.detach(), centres, 0.38), oracle_["means"]), tolerance);
    }

    std::map<std::string, at::Tensor> oracle_ = method_fixture("colorization");
};

TEST_F(ColorClassLoss, IsTheOraclesTermByTermInFloat64) {
    check(torch::kDouble, 1e-10);
}

TEST_F(ColorClassLoss, IsTheOraclesTermByTermInFloat32) {
    check(torch::kFloat, 1e-5);
}

TEST_F(ColorClassLoss, GradientMatchesFiniteDifferences) {
    const auto centres = lightness_bins(6);
    const auto targets = soft_classes(50 + 40 * wave({3, 1}, 1.1, 0.2), centres, 3, 12);
    const auto weights = wave({6}, 0.8, 0.3).square() + 0.1;
    EXPECT_LT(gradient_error(
                  [&](const std::vector<at::Tensor>& x) { return soft_cross_entropy_share(x[0], targets, weights, 5); },
                  {wave({3, 6}, 0.9, 0.1)}),
              1e-8);
}

TEST(RebalancingWeights, HaveTheExpectationOneAndNeverExceedTheUniformsLimit) {
    const auto prior = torch::tensor({0.7, 0.2, 0.1, 0.0}, torch::kDouble);
    const auto weights = rebalancing_weights(prior, 0.5);
    EXPECT_NEAR((prior * weights).sum().item<double>(), 1, 1e-12);
    EXPECT_TRUE(weights.diff().gt(0).all().item<bool>()) << "the rarer, the heavier";
    EXPECT_TRUE(torch::allclose(rebalancing_weights(prior, 1), torch::ones({4}, torch::kDouble)));
}

TEST(SmoothL1Share, IsHalfTheSquareUpToOneAndLinearBeyond) {
    const auto output = torch::tensor({{0.5, -3.0}, {1.0, 0.0}}, torch::kDouble);
    EXPECT_NEAR(smooth_l1_share(output, torch::zeros_like(output), 2).item<double>(), (0.125 + 2.5 + 0.5) / 4, 1e-12);
    EXPECT_LT(gradient_error([](const std::vector<at::Tensor>& x) { return smooth_l1_share(x[0], x[0] * 0.0, 3); },
                             {3 * wave({3, 4}, 0.9, 0.2)}),
              1e-8);
}

class ColorizationTest : public testing::Test {
  protected:
    std::shared_ptr<Pretext> make(const std::string& options, augment::ImageShape shape = kPhoto) {
        return build_pretext("{name: colorization, decoder_width: 8" + options + "}", "{backbone: convnet, width: 4}",
                             shape, *comm_, 5);
    }

    /// Pixels in [0, 1], as they are before the normalisation is known.
    static PretextInput photos(std::int64_t count, double phase = 0.1) {
        PretextInput input;
        input.views = {(0.5 + 0.5 * wave({count, 3, kPhoto.height, kPhoto.width}, 0.37, phase)).to(torch::kFloat)};
        input.global_count = count;
        input.ids = torch::arange(count);
        return input;
    }

    std::unique_ptr<dist::Communicator> comm_ = dist::make_self_communicator();
};

TEST_F(ColorizationTest, UniformLogitsCostTheLogOfTheBins) {
    const auto pretext = make("");
    const torch::NoGradGuard no_gradient;
    for (const auto& item : pretext->named_parameters()) {
        if (item.key().starts_with("decoder.out.")) {
            item.value().zero_();
        }
    }
    EXPECT_NEAR(pretext->loss(photos(4)).loss.item<double>(), std::log(261.0), 1e-4);
}

TEST_F(ColorizationTest, EveryTargetLearnsAndDraws) {
    for (const char* target : {"classes", "regression", "regression, regression_loss: smooth_l1", "rgb"}) {
        SCOPED_TRACE(target);
        const auto pretext = make(std::string(", target: ") + target);
        const auto input = photos(8);
        double first = 0;
        double last = 0;
        for (int step = 0; step < 40; ++step) {
            pretext->zero_grad();
            const auto loss = pretext->loss(input).loss;
            loss.backward();
            const torch::NoGradGuard no_gradient;
            for (auto& parameter : pretext->parameters()) {
                parameter.sub_(parameter.grad(), 0.05);
            }
            last = loss.item<double>();
            first = step == 0 ? last : first;
        }
        EXPECT_LT(last, 0.9 * first);
        const auto picture = pretext->pictures(input).at(0);
        EXPECT_EQ(picture.images.sizes(), (at::IntArrayRef{8, 3, 3, kPhoto.height, kPhoto.width}));
        const auto shown = picture.images.select(1, 0);
        EXPECT_LT(worst(shown.select(1, 0), shown.select(1, 2)), 1e-3) << "grey";
    }
}

/// Turning colours leaves lightness alone: neither the network nor what is judged may notice.
TEST_F(ColorizationTest, TheEncoderIsShownLightnessAlone) {
    const auto pretext = make("");
    const EvalMode mode(*pretext);
    const auto lab = lab_of(photos(4).views[0].to(torch::kDouble));
    const auto grey = lab.slice(1, 0, 1);
    const auto dull = rgb_of(torch::cat({grey, lab.slice(1, 1, 3) * 0.05}, 1)).to(torch::kFloat);
    const auto duller = rgb_of(torch::cat({grey, lab.slice(1, 1, 3) * -0.05}, 1)).to(torch::kFloat);
    ASSERT_GT(worst(dull, duller), 0.01);
    const auto encoder = pretext->evaluated();
    EXPECT_LT(worst(encoder->forward(dull), encoder->forward(duller)), 1e-3);
    EXPECT_LT(worst(encoder->forward(dull), pretext->backbone().forward(lightness_of(dull))), 1e-6);
    EXPECT_EQ(encoder->forward(dull).size(1), encoder->feature_dim());
}

TEST_F(ColorizationTest, TheProbabilitiesAreThoseOfTheTrainingSetAndWeighTheLoss) {
    const auto pretext = make(", prior_images: 6, neighbours: 1");
    TrainingData data{{0, 0, 0}, {1, 1, 1}, 5, [](std::int64_t i) { return photos(3, 0.1 + double(i)); }};
    pretext->look_at(data);
    const auto prior = pretext->named_buffers()["classes.prior"];
    const auto weights = pretext->named_buffers()["classes.weights"];
    auto expected = torch::zeros({261}, torch::kDouble);
    for (std::int64_t i = 0; i < 2; ++i) { // the third batch is not needed for 6 images
        const auto ab = torch::adaptive_avg_pool2d(lab_of(photos(3, 0.1 + double(i)).views[0]).slice(1, 1, 3), {4, 6});
        const auto points = ab.permute({0, 2, 3, 1}).reshape({-1, 1, 2}).to(torch::kDouble);
        const auto nearest = (points - gamut_bins().unsqueeze(0)).square().sum(2).argmin(1);
        expected += torch::bincount(nearest, {}, 261);
    }
    expected /= expected.sum();
    EXPECT_LT(worst(prior, expected), 1e-6);
    EXPECT_LT(relative_difference(weights, rebalancing_weights(expected, 0.5)), 1e-5);
}

TEST_F(ColorizationTest, NormalisationChangesNothingOfWhatIsLearned) {
    const auto plain = make(", target: regression");
    const auto scaled = make(", target: regression");
    scaled->look_at({{0.4, 0.5, 0.6}, {0.2, 0.25, 0.3}, 0, {}});
    auto input = photos(4);
    const double expected = plain->loss(input).loss.item<double>();
    const auto of_channels = [](std::vector<double> values) { return torch::tensor(values).view({1, 3, 1, 1}); };
    input.views[0] = (input.views[0] - of_channels({0.4, 0.5, 0.6})) / of_channels({0.2, 0.25, 0.3});
    EXPECT_NEAR(scaled->loss(input).loss.item<double>(), expected, 1e-5);
}

TEST_F(ColorizationTest, ImagesWithoutThreeChannelsAreRefused) {
    for (const int channels : {1, 4}) {
        try {
            make("", {16, 16, channels});
            ADD_FAILURE() << channels << " channels";
        } catch (const ConfigError& error) {
            EXPECT_NE(std::string(error.what()).find("red, green and blue"), std::string::npos) << error.what();
        }
    }
}

} // namespace
} // namespace tacit::models
