// SPDX-License-Identifier: Apache-2.0
// Linear and stacked autoencoders: principal components, layer-wise training, dropout.
#include "tests/models/autoencoder/autoencoders.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <torch/optim/lbfgs.h>

#include <algorithm>
#include <cmath>
#include <numbers>
#include <set>
#include <string>

namespace tacit::models {
namespace {

/// Flat images of `count` whose spectrum decays: sum over k of a normal times 0.7^k times the k-th of orthonormal
/// directions, about a mean.
at::Tensor decaying_images(std::int64_t count, std::int64_t pixels) {
    auto generator = at::detail::createCPUGenerator(7);
    const auto options = torch::TensorOptions(torch::kDouble);
    const auto directions = std::get<0>(at::linalg_qr(torch::randn({pixels, 16}, generator, options)));
    const auto scales = torch::pow(torch::full({16}, 0.7, options), torch::arange(16, options));
    const auto codes = torch::randn({count, 16}, generator, options) * scales;
    return torch::mm(codes, directions.t()) + torch::linspace(-1, 1, pixels, options);
}

/// Largest principal angle between the row spaces of two [k, n] matrices, in degrees.
double largest_angle(const at::Tensor& a, const at::Tensor& b) {
    const auto basis = [](const at::Tensor& rows) { return std::get<0>(at::linalg_qr(rows.t())); };
    const auto cosines = at::linalg_svdvals(torch::mm(basis(a).t(), basis(b)));
    return std::acos(std::min(1.0, cosines.min().item<double>())) * 180 / std::numbers::pi;
}

/// Baldi & Hornik 1989. The encoder's own rows are free where the data have no variance, those of the decoder are not.
TEST(LinearAutoencoder, DecoderSpansThePrincipalComponents) {
    constexpr std::int64_t kCode = 4;
    const auto comm = dist::make_self_communicator();
    for (const bool tied : {false, true}) {
        const auto pretext =
            autoencoder(fmt::format("decoder: mirror, tied: {}", tied),
                        "{backbone: mlp, hidden: [4], norm: none, activation: none}", *comm, {8, 8, 1});
        pretext->to(torch::kDouble);
        const auto flat = decaying_images(200, 64);
        const auto input = input_of(flat.view({200, 1, 8, 8}));
        torch::optim::LBFGS optimiser(
            pretext->parameters(),
            torch::optim::LBFGSOptions(1.0).max_iter(2000).tolerance_grad(1e-10).tolerance_change(1e-14).line_search_fn(
                "strong_wolfe"));
        optimiser.step([&] {
            optimiser.zero_grad();
            const auto loss = pretext->loss(input).loss;
            loss.backward();
            return loss;
        });
        const auto centred = flat - flat.mean(0);
        const auto components = std::get<2>(at::linalg_svd(centred, false)).slice(0, 0, kCode);
        const auto parameters = pretext->named_parameters();
        const auto decoded = tied ? parameters["backbone.linear1.weight"] : parameters["decoder.linear1.weight"].t();
        EXPECT_LT(largest_angle(decoded, components), 1) << "tied " << tied;
        const double left =
            (centred - torch::mm(torch::mm(centred, components.t()), components)).square().mean().item<double>();
        EXPECT_NEAR(pretext->loss(input).loss.item<double>(), left, 1e-3 * left);
    }
}

class LayerwiseTest : public testing::Test {
  protected:
    std::unique_ptr<dist::Communicator> comm_ = dist::make_self_communicator();
    std::shared_ptr<Pretext> pretext_ =
        autoencoder("decoder: mirror, bottleneck: 5, layerwise_epochs: 2", kTanhMlp, *comm_);

    static StepContext at_epoch(double epoch) {
        StepContext at;
        at.steps_per_epoch = 10;
        at.step = std::lround(epoch * 10);
        at.total_steps = 200;
        return at;
    }
    PretextInput input_at(double epoch) {
        auto input = converted(synthetic_input({}, 0, 8, 0, 8), torch::kFloat);
        input.at = at_epoch(epoch);
        return input;
    }
};

TEST_F(LayerwiseTest, EachLayerTrainsAloneWithItsMirrorThenAllTogether) {
    const auto groups = pretext_->groups();
    ASSERT_EQ(groups.size(), 3U);
    std::set<std::string> names;
    for (const auto& [name, tensor] : groups[1].tensors) {
        names.insert(name);
    }
    EXPECT_EQ(names, (std::set<std::string>{"backbone.linear2.weight", "backbone.linear2.bias",
                                            "decoder.linear2.weight", "decoder.linear2.bias"}));
    EXPECT_EQ(groups[2].tensors.size(), 4U);
    for (std::size_t layer = 0; layer < 3; ++layer) {
        EXPECT_EQ(groups[layer].update, "main");
        for (std::size_t phase = 0; phase < 3; ++phase) {
            const double epoch = 2 * static_cast<double>(phase) + 1.9;
            EXPECT_EQ(pretext_->plan(groups[layer], at_epoch(epoch)).train, layer == phase);
        }
        EXPECT_TRUE(pretext_->plan(groups[layer], at_epoch(6)).train);
    }
}

TEST_F(LayerwiseTest, APhasesLossReachesItsOwnGroupAlone) {
    const auto groups = pretext_->groups();
    for (std::size_t phase = 0; phase < 3; ++phase) {
        for (auto& parameter : pretext_->parameters()) {
            parameter.mutable_grad().reset();
        }
        pretext_->loss(input_at(2 * static_cast<double>(phase))).loss.backward();
        for (std::size_t layer = 0; layer < 3; ++layer) {
            for (const auto& [name, tensor] : groups[layer].tensors) {
                EXPECT_EQ(tensor.grad().defined() && tensor.grad().abs().sum().item<double>() > 0, layer == phase)
                    << name;
            }
        }
    }
}

TEST_F(LayerwiseTest, ALaterPhaseReconstructsWhatTheLayersBeforeItMake) {
    auto input = input_at(2);
    const auto parameters = pretext_->named_parameters();
    const auto layer = [&](const std::string& name, const at::Tensor& x) {
        return torch::linear(x, parameters[name + ".weight"], parameters[name + ".bias"]).tanh();
    };
    const auto given = layer("backbone.linear1", input.views[0].flatten(1));
    const auto back = layer("decoder.linear2", layer("backbone.linear2", given));
    EXPECT_NEAR(pretext_->loss(input).loss.item<double>(), (back - given).square().mean().item<double>(), 1e-6);
}

TEST(Dropout, BelongsToSamplesAndLeavesOutTheShareAsked) {
    const auto comm = dist::make_self_communicator();
    const auto pretext = autoencoder("", "{backbone: mlp, hidden: [400], norm: none, dropout: 0.3}", *comm);
    const auto ids = torch::arange(16);
    const auto images = torch::rand({16, 3, 16, 16});
    auto& backbone = pretext->backbone();
    const auto features = [&](std::int64_t begin, std::int64_t end) {
        backbone.begin_step({}, ids.slice(0, begin, end));
        return backbone.forward(images.slice(0, begin, end));
    };
    const auto whole = features(0, 16);
    EXPECT_TRUE(torch::equal(torch::cat({features(0, 5), features(5, 16)}).ne(0), whole.ne(0)));
    backbone.eval();
    const auto kept = backbone.forward(images);
    const auto on = kept.gt(1e-3);
    EXPECT_NEAR(whole.eq(0).logical_and(on).sum().item<double>() / on.sum().item<double>(), 0.3, 0.03);
    EXPECT_TRUE(torch::allclose(whole, torch::where(whole.ne(0), kept / 0.7, torch::zeros_like(kept)), 1e-4, 1e-6));
}

} // namespace
} // namespace tacit::models
