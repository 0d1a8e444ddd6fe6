// SPDX-License-Identifier: Apache-2.0
#include "models/heads/channelwise.hpp"
#include "models/heads/discriminator.hpp"
#include "models/losses/adversarial.hpp"
#include "models/losses/pixel_losses.hpp"
#include "models/parts/spectral_norm.hpp"
#include "models/pretext/masking/hidden_pixels.hpp"
#include "pipeline/base/error.hpp"
#include "tests/models/finite_differences.hpp"
#include "tests/models/fixture.hpp"
#include "tests/models/pretext_inputs.hpp"
#include "tests/models/wave.hpp"

#include <cmath>
#include <gtest/gtest.h>

namespace tacit::models {
namespace {

struct Precision {
    at::ScalarType type;
    double tolerance;
};

void PrintTo(const Precision& value, std::ostream* out) {
    *out << c10::toString(value.type);
}

class ContextEncoderOracle : public testing::TestWithParam<Precision> {
  protected:
    at::Tensor input(const std::vector<std::int64_t>& shape, double step, double phase) const {
        return wave(shape, step, phase).to(GetParam().type);
    }
    void expect(const at::Tensor& value, const std::string& name) {
        EXPECT_LT(relative_difference(value.detach(), oracle_.at(name)), GetParam().tolerance) << name;
    }

    std::map<std::string, at::Tensor> oracle_ = method_fixture("context_encoder");
    std::unique_ptr<dist::Communicator> comm_ = dist::make_self_communicator();
};

TEST_P(ContextEncoderOracle, DiscriminatorAndItsLossesArePyTorchs) {
    Discriminator model(DiscriminatorOptions{.width = 2}, augment::ImageShape{16, 24, 3}, *comm_);
    model->to(torch::kDouble);
    fill_by_formula(*model);
    model->to(GetParam().type);
    const auto real = input({4, 3, 16, 24}, 0.37, 0.1);
    const auto made = input({4, 3, 16, 24}, 0.31, 0.6).requires_grad_();
    const auto logits = model->forward(real);
    expect(logits, "logits");
    const auto critic = discriminator_share(logits, model->forward(made.detach()), 4);
    critic.backward();
    expect(critic, "critic_loss");
    expect(model->named_parameters()["conv1.weight"].grad(), "critic_gradient");
    const auto painter = generator_share(model->forward(made), 4);
    painter.backward();
    expect(painter, "painter_loss");
    expect(made.grad().slice(2, 0, 16, 5).slice(3, 0, 24, 5), "painter_gradient");
}

TEST_P(ContextEncoderOracle, SpectralNormIsPyTorchsAfterOneIteration) {
    const auto weight = input({5, 3, 4, 4}, 0.7, 0.2).requires_grad_();
    SpectralNorm norm(weight.detach().to(torch::kFloat));
    norm->to(GetParam().type);
    const auto start = input({5}, 1.1, 0.3);
    auto u = norm->named_buffers()["u"];
    u.copy_(start / start.norm());
    const auto divided = norm->divided(weight);
    EXPECT_TRUE(torch::equal(u, start / start.norm())) << "a loss changes no state";
    (divided * input({5, 3, 4, 4}, 0.9, 0.4)).sum().backward();
    expect(divided, "spectral_weight");
    expect(weight.grad(), "spectral_gradient");
    norm->iterate(weight);
    expect(u, "spectral_u");
}

TEST_P(ContextEncoderOracle, ChannelwiseLayerIsTheLoopsOverPlacesAndChannels) {
    Channelwise layer(MapShape{3, 2, 3}, *comm_);
    layer->to(GetParam().type);
    {
        const torch::NoGradGuard no_gradient;
        auto parameters = layer->named_parameters();
        parameters["weight"].copy_(input({3, 6, 6}, 0.51, 0.2));
        parameters["bias"].copy_(input({3, 1, 6}, 0.43, 0.7));
        parameters["mix.weight"].copy_(input({3, 3, 1, 1}, 0.67, 0.1));
    }
    const auto map = input({4, 3, 2, 3}, 0.83, 0.5).requires_grad_();
    const auto output = layer->forward(map);
    (output * input({4, 3, 2, 3}, 0.29, 0.1)).sum().backward();
    expect(output, "channelwise");
    expect(layer->named_parameters()["weight"].grad(), "channelwise_weight_gradient");
    expect(map.grad(), "channelwise_map_gradient");
}

INSTANTIATE_TEST_SUITE_P(Precisions, ContextEncoderOracle,
                         testing::Values(Precision{torch::kDouble, 1e-10}, Precision{torch::kFloat, 1e-5}),
                         [](const auto& tested) { return std::string(c10::toString(tested.param.type)); });

TEST(AdversarialShares, StartAtTheirClosedFormsAndMatchFiniteDifferences) {
    const auto nothing = torch::zeros({5}, torch::kDouble);
    EXPECT_NEAR(discriminator_share(nothing, nothing, 5).item<double>(), 2 * std::log(2.0), 1e-12);
    EXPECT_NEAR(generator_share(nothing, 5).item<double>(), std::log(2.0), 1e-12);
    using Inputs = std::vector<at::Tensor>;
    EXPECT_LT(gradient_error([](const Inputs& x) { return discriminator_share(x[0], x[1], 7); },
                             {3 * wave({4}, 0.9, 0.1), 3 * wave({4}, 0.7, 0.5)}),
              1e-8);
    EXPECT_LT(gradient_error([](const Inputs& x) { return generator_share(x[0], 7); }, {3 * wave({4}, 0.9, 0.1)}),
              1e-8);
}

TEST(SpectralNorm, MakesTheLargestSingularValueOne) {
    const auto weight = wave({8, 3, 4, 4}, 0.77, 0.2).to(torch::kFloat);
    SpectralNorm norm(weight);
    for (int i = 0; i < 200; ++i) {
        norm->iterate(weight);
    }
    const auto values = torch::linalg_svdvals(norm->divided(weight).flatten(1));
    EXPECT_NEAR(values.max().item<double>(), 1, 1e-4);
}

TEST(Discriminator, TakesImagesOfAnySizeAndChannels) {
    const auto comm = dist::make_self_communicator();
    for (const auto& [height, width] : {std::pair{28, 28}, {4, 4}, {2, 64}, {33, 17}, {128, 128}}) {
        for (const bool spectral : {false, true}) {
            Discriminator model(DiscriminatorOptions{.width = 2, .spectral_norm = spectral},
                                augment::ImageShape{height, width, 2}, *comm);
            EXPECT_EQ(model->forward(torch::randn({3, 2, height, width})).sizes(), (at::IntArrayRef{3}));
            model->after_step();
        }
    }
}

class ContextEncoderTest : public testing::Test {
  protected:
    std::shared_ptr<Pretext> make(const std::string& options, augment::ImageShape shape = {16, 16, 3}) {
        return build_pretext("{name: context_encoder" + options + "}", "{backbone: convnet, width: 4}", shape, *comm_,
                             5);
    }
    static PretextInput batch(const Pretext& pretext, const std::string& update = "main") {
        auto input = converted(synthetic_input(pretext.needs(), 0, 8, 0, 8), torch::kFloat);
        input.at.update = update;
        return input;
    }
    static double value(const at::Tensor& scalar) { return scalar.item<double>(); }

    std::unique_ptr<dist::Communicator> comm_ = dist::make_self_communicator();
};

constexpr const char* kAdversarial = ", adversarial: 0.25, discriminator_width: 4";

TEST_F(ContextEncoderTest, TheBandAroundWhatIsHiddenWeighsAsTheOracleSays) {
    auto oracle = method_fixture("context_encoder");
    auto hidden = torch::zeros({3, 1, 12, 10}, torch::kDouble);
    hidden.slice(2, 4, 8).slice(3, 3, 7).fill_(1);
    const auto images = wave({3, 2, 12, 10}, 0.37, 0.1);
    const auto output = wave({3, 2, 12, 10}, 0.41, 0.8).requires_grad_();
    const auto loss = weighted_mse_share(output, images, overlap_weights(hidden, 2, 10), 3);
    loss.backward();
    EXPECT_LT(relative_difference(loss.detach(), oracle["overlap_loss"]), 1e-10);
    EXPECT_LT(relative_difference(output.grad(), oracle["overlap_gradient"]), 1e-10);
}

TEST_F(ContextEncoderTest, TheJointLossMixesErrorAndDiscriminator) {
    const auto plain = make("");
    const auto joint = make(kAdversarial);
    EXPECT_EQ(joint->updates(), (std::vector<std::string>{"critic", "main"}));
    EXPECT_EQ(plain->updates(), (std::vector<std::string>{"main"}));
    const double l2 = value(plain->loss(batch(*plain)).loss);
    const auto result = joint->loss(batch(*joint));
    EXPECT_NEAR(value(result.metrics.at("l2")), l2, 1e-6);
    EXPECT_NEAR(value(result.loss), 0.75 * l2 + 0.25 * value(result.metrics.at("adversarial")), 1e-6);
    EXPECT_NEAR(value(result.metrics.at("adversarial")), std::log(2.0), 0.2) << "weights of .02 tell nothing yet";
    EXPECT_NEAR(value(joint->loss(batch(*joint, "critic")).loss), 2 * std::log(2.0), 0.4);
}

TEST_F(ContextEncoderTest, EachUpdateTrainsItsOwnPlayer) {
    const auto pretext = make(std::string(kAdversarial) + ", critic_lr_scale: 0.5, channelwise: true");
    const auto groups = pretext->groups();
    ASSERT_EQ(groups.size(), 2U);
    std::size_t members = 0;
    for (const auto& group : groups) {
        EXPECT_EQ(group.lr_scale, group.update == "critic" ? 0.5 : 1.0);
        for (const auto& [name, tensor] : group.tensors) {
            EXPECT_EQ(name.starts_with("discriminator."), group.update == "critic") << name;
            ++members;
        }
    }
    EXPECT_EQ(members, pretext->parameters().size());
    pretext->loss(batch(*pretext, "critic")).loss.backward();
    for (const auto& item : pretext->named_parameters()) {
        EXPECT_EQ(item.value().grad().defined(), item.key().starts_with("discriminator.")) << item.key();
    }
}

TEST_F(ContextEncoderTest, TheCriticsUpdateLeavesTheStatisticsOfThePainterAlone) {
    const auto pretext = make(kAdversarial);
    const auto before = pretext->named_buffers()["backbone.conv1.norm.running_mean"].clone();
    pretext->loss(batch(*pretext, "critic"));
    EXPECT_TRUE(torch::equal(pretext->named_buffers()["backbone.conv1.norm.running_mean"], before));
    pretext->loss(batch(*pretext));
    EXPECT_FALSE(torch::equal(pretext->named_buffers()["backbone.conv1.norm.running_mean"], before));
}

TEST_F(ContextEncoderTest, TheDiscriminatorOfTheRegionSeesNothingElse) {
    for (const bool image : {false, true}) {
        const auto pretext = make(std::string(kAdversarial) + ", discriminator: " + (image ? "image" : "region"));
        const torch::NoGradGuard no_gradient;
        pretext->named_parameters()["decoder.out.weight"].zero_(); // the same filling whatever is seen
        auto input = batch(*pretext, "critic");
        const double before = value(pretext->loss(input).loss);
        input.views[0] = torch::where(input.masks[0] > 0, input.views[0], input.views[0] + 3);
        const double after = value(pretext->loss(input).loss);
        EXPECT_EQ(after != before, image) << before << " " << after;
    }
}

TEST_F(ContextEncoderTest, SpectralVectorsMoveAfterAStepAlone) {
    const auto pretext = make(std::string(kAdversarial) + ", spectral_norm: true");
    auto u = pretext->named_buffers()["discriminator.spectral1.u"];
    {
        const torch::NoGradGuard no_gradient;
        pretext->named_parameters()["discriminator.conv1.weight"].copy_(wave({4, 3, 4, 4}, 1.3, 0.7));
    }
    const auto before = u.clone();
    pretext->loss(batch(*pretext, "critic"));
    pretext->loss(batch(*pretext));
    EXPECT_TRUE(torch::equal(u, before));
    pretext->after_step({});
    EXPECT_FALSE(torch::equal(u, before));
    EXPECT_FALSE(pretext->named_buffers().contains("discriminator.norm2.running_mean")) << "instead of batch norm";
}

TEST_F(ContextEncoderTest, TheChannelwiseLayerNeedsAMap) {
    EXPECT_NO_THROW(make(", channelwise: true"));
    EXPECT_THROW(make(", channelwise: true, code: pooled"), ConfigError);
}

TEST_F(ContextEncoderTest, EveryFormPaintsImagesThatAreNotSquare) {
    const augment::ImageShape shape{16, 24, 2};
    for (const std::string options : {"", ", channelwise: true", kAdversarial, ", overlap: 2, code: pooled"}) {
        const auto pretext = make(options, shape);
        PretextInput input;
        input.views = {torch::randn({3, 2, 16, 24})};
        input.masks = {torch::zeros({3, 1, 16, 24})};
        input.masks[0].slice(2, 4, 12).slice(3, 6, 18).fill_(1);
        input.global_count = 3;
        EXPECT_TRUE(pretext->loss(input).loss.isfinite().item<bool>());
        const auto images = pretext->pictures(input).at(0).images;
        EXPECT_EQ(images.sizes(), (at::IntArrayRef{3, 3, 2, 16, 24}));
    }
}

} // namespace
} // namespace tacit::models
