// SPDX-License-Identifier: Apache-2.0
#include "models/losses/gaussian.hpp"
#include "models/losses/pixel_losses.hpp"
#include "models/pretext/pretext.hpp"
#include "models/step/draws.hpp"
#include "tests/models/finite_differences.hpp"
#include "tests/models/fixture.hpp"
#include "tests/models/pretext_inputs.hpp"
#include "tests/models/wave.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <torch/utils.h>

#include <cmath>
#include <string>
#include <utility>
#include <vector>

namespace tacit::models {
namespace {

constexpr augment::ImageShape kImage{16, 16, 3};
const std::string kVaeModel = "{backbone: convnet, width: 4}";

std::unique_ptr<dist::Communicator> alone() {
    return dist::make_self_communicator();
}

PretextInput vae_input(std::int64_t count, std::int64_t step = 0) {
    return converted(synthetic_input({}, step, count, 0, count), torch::kFloat);
}

/// The loss of tests/oracle/methods/vae.py in `type` against the fixture, with gradients; `limit` relative.
void expect_oracle(at::ScalarType type, double limit) {
    const auto comm = alone();
    const auto oracle = method_fixture("vae");
    const auto target = wave({6, 32}, 0.57, 0.3).square().to(type);
    const auto weight = wave({32, 5}, 1.1, 0.4).to(type);
    const auto noise = wave({6, 5}, 2.3, 0.1).to(type);
    for (const std::string name : {"mse", "bce"}) {
        for (const std::string bits : {"0.0", "0.6"}) {
            const auto key = [&](const char* part) { return oracle.at(fmt::format("{}.{}.{}", name, bits, part)); };
            const auto mean = (1.5 * wave({6, 5}, 0.93, 0.2)).to(type).requires_grad_();
            const auto log_variance = (3 * wave({6, 5}, 0.71, 0.5)).to(type).requires_grad_();
            const auto clamped = clamped_log_variance(log_variance);
            const auto output = torch::mm(reparameterised(mean, clamped, noise), weight.t());
            const auto error = name == "mse" ? mse_share(output, target, 6) * 16 : bce_share(output, target, 6) * 32;
            const auto kl = normal_kl(mean, clamped);
            const auto loss = error + 0.7 * kl_share(kl, std::stod(bits), 6, *comm);
            loss.backward();
            EXPECT_LT(relative_difference(loss.detach(), key("loss")), limit) << name << bits;
            EXPECT_LT(relative_difference(error.detach(), key("error")), limit) << name << bits;
            EXPECT_LT(relative_difference(kl.detach().sum() / 6, key("kl")), limit) << name << bits;
            EXPECT_LT(relative_difference(mean.grad(), key("mean_gradient")), limit) << name << bits;
            EXPECT_LT(relative_difference(log_variance.grad(), key("log_variance_gradient")), limit) << name << bits;
        }
    }
}

TEST(VaeLoss, IsThatOfTorchDistributionsInFloat64) {
    expect_oracle(torch::kDouble, 1e-10);
}

TEST(VaeLoss, IsThatOfTorchDistributionsInFloat32) {
    expect_oracle(torch::kFloat, 1e-5);
}

TEST(NormalKl, IsTheAverageOfTheLogarithmOfTheRatioOfDensities) {
    // Monte Carlo: KL = E_q[ln q(z) - ln p(z)], z ~ q.
    constexpr std::int64_t kDraws = 200000;
    auto generator = at::detail::createCPUGenerator(3);
    const auto mean = torch::tensor({0.0, 1.2, -0.4}, torch::kDouble);
    const auto log_variance = torch::tensor({0.0, -1.5, 0.9}, torch::kDouble);
    const auto noise = torch::randn({kDraws, 3}, generator, torch::TensorOptions(torch::kDouble));
    const auto z = reparameterised(mean, log_variance, noise);
    const auto ratio = (-noise.square() / 2 - log_variance / 2) - (-z.square() / 2);
    const auto error = ratio.std(0) / std::sqrt(static_cast<double>(kDraws));
    const auto expected = normal_kl(mean, log_variance);
    for (std::int64_t d = 0; d < 3; ++d) {
        EXPECT_NEAR(ratio.mean(0)[d].item<double>(), expected[d].item<double>(), 4 * error[d].item<double>() + 1e-12);
    }
}

TEST(NormalKl, IsExactNearThePriorInFloat32) {
    const auto kl = normal_kl(torch::zeros({1}), torch::full({1}, 1e-3));
    EXPECT_NEAR(kl.item<double>(), (std::expm1(1e-3) - 1e-3) / 2, 1e-10); // exp(v) - 1 - v would be off by 1e-8
    EXPECT_EQ(normal_kl(torch::zeros({1}), torch::zeros({1})).item<double>(), 0);
}

TEST(NormalKl, LogVariancesBeyondTenCountAsTenAndHaveNoGradient) {
    const auto log_variance = torch::tensor({-50.0, 3.0, 50.0}, torch::kDouble).requires_grad_();
    const auto kl = normal_kl(torch::zeros({3}, torch::kDouble), clamped_log_variance(log_variance));
    kl.sum().backward();
    EXPECT_NEAR(kl[0].item<double>(), (std::exp(-10.0) - 1 + 10) / 2, 1e-12);
    EXPECT_NEAR(kl[2].item<double>(), (std::exp(10.0) - 1 - 10) / 2, 1e-8);
    EXPECT_EQ(log_variance.grad()[0].item<double>(), 0);
    EXPECT_GT(log_variance.grad()[1].item<double>(), 0);
    EXPECT_EQ(log_variance.grad()[2].item<double>(), 0);
}

TEST(KlShare, FreeBitsAreAFloorUnderEachDimensionsAverage) {
    const auto comm = alone();
    const auto kl = torch::tensor({{0.1, 2.0}, {0.3, 4.0}}, torch::kDouble).requires_grad_();
    const auto share = kl_share(kl, 0.5, 2, *comm);
    share.backward();
    EXPECT_NEAR(share.item<double>(), 0.5 + 3.0, 1e-12);
    EXPECT_TRUE(torch::equal(kl.grad(), torch::tensor({{0.0, 0.5}, {0.0, 0.5}}, torch::kDouble)));
}

TEST(KlShare, GradientMatchesFiniteDifferences) {
    const auto comm = alone();
    const auto loss = [&](const std::vector<at::Tensor>& posterior) {
        const auto code = reparameterised(posterior[0], posterior[1], wave({4, 3}, 2.3, 0.1));
        return kl_share(normal_kl(posterior[0], posterior[1]), 0.3, 4, *comm) + code.square().sum();
    };
    EXPECT_LT(gradient_error(loss, {wave({4, 3}, 0.9, 0.1), wave({4, 3}, 0.7, 0.6)}), 1e-8);
}

TEST(ActiveUnits, CountDimensionsWhoseMeansVary) {
    const auto comm = alone();
    auto mean = torch::zeros({100, 4});
    mean.select(1, 0) = torch::arange(100) % 2;          // variance 1/4
    mean.select(1, 1).fill_(7);                          // none
    mean.select(1, 2) = (torch::arange(100) % 2) * 0.19; // 0.009
    mean.select(1, 3) = (torch::arange(100) % 2) * 0.21; // 0.011
    EXPECT_EQ(active_units_share(mean, *comm).item<double>(), 2);
}

TEST(Vae, LossIsReconstructionOfADrawPlusBetaTimesTheDivergence) {
    const auto comm = alone();
    const auto pretext = build_pretext("{name: vae, latent: 6, beta: 2.5}", kVaeModel, kImage, *comm, 5);
    pretext->eval(); // batch norms as in decode()
    const auto input = vae_input(8, 3);
    const torch::NoGradGuard no_gradient;
    const auto result = pretext->loss(input);
    const auto parameters = pretext->named_parameters();
    const auto features = pretext->backbone().forward(input.views[0]);
    const auto mean = pretext->codes()->encode(input.views[0]);
    const auto variance =
        torch::linear(features, parameters["log_variance.weight"], parameters["log_variance.bias"]).exp();
    const auto code = mean + variance.sqrt() * normal_draws(input.at, "code", input.ids, {6});
    const auto error = (pretext->codes()->decode(code) - input.views[0]).square().sum().item<double>() / 2 / 8;
    const auto kl = (mean.square() + variance - 1 - variance.log()).sum().item<double>() / 2 / 8;
    EXPECT_NEAR(result.metrics.at("reconstruction").item<double>(), error, 1e-5 * error);
    EXPECT_NEAR(result.metrics.at("kl").item<double>(), kl, 1e-4 * kl);
    EXPECT_NEAR(result.loss.item<double>(), error + 2.5 * kl, 1e-5 * error);
}

TEST(Vae, DrawsBelongToSamplesAndSteps) {
    const auto comm = alone();
    const auto pretext = build_pretext("{name: vae, latent: 6}", kVaeModel, kImage, *comm, 5);
    pretext->eval();
    auto input = vae_input(4, 0);
    const auto loss = [&] { return pretext->loss(input).loss.item<double>(); };
    const double first = loss();
    EXPECT_EQ(loss(), first);
    input.at.step = 1;
    EXPECT_NE(loss(), first);
    input.at.step = 0;
    input.ids = input.ids + 4;
    EXPECT_NE(loss(), first);
}

TEST(Vae, BetaMovesWithTheStep) {
    const auto comm = alone();
    const auto pretext =
        build_pretext("{name: vae, latent: 6, beta: {schedule: constant, from: 1, warmup_from: 0, warmup_epochs: 2}}",
                      kVaeModel, kImage, *comm, 5);
    pretext->eval();
    auto input = vae_input(4, 0);
    input.at.steps_per_epoch = 10;
    input.at.total_steps = 100;
    for (const auto& [step, beta] : {std::pair{0, 1.0 / 20}, {9, 0.5}, {19, 1.0}, {90, 1.0}}) {
        input.at.step = step;
        const auto result = pretext->loss(input);
        const double kl = result.metrics.at("kl").item<double>();
        EXPECT_NEAR(result.loss.item<double>(), result.metrics.at("reconstruction").item<double>() + beta * kl,
                    1e-5 * result.loss.item<double>())
            << step;
    }
}

TEST(Vae, ACollapsedPosteriorHasNoDivergenceAndNoActiveUnits) {
    const auto comm = alone();
    const auto pretext = build_pretext("{name: vae, latent: 6}", kVaeModel, kImage, *comm, 5);
    const torch::NoGradGuard no_gradient;
    for (const auto& item : pretext->named_parameters()) {
        if (item.key().starts_with("mean.") || item.key().starts_with("log_variance.")) {
            item.value().zero_();
        }
    }
    const auto metrics = pretext->loss(vae_input(8)).metrics;
    EXPECT_EQ(metrics.at("kl").item<double>(), 0);
    EXPECT_EQ(metrics.at("active_units").item<double>(), 0);
}

TEST(Vae, LearnsToUseItsCode) {
    const auto comm = alone();
    const auto pretext = build_pretext("{name: vae, latent: 8, beta: 0.1}", kVaeModel, kImage, *comm, 5);
    const auto input = vae_input(16);
    const auto start = pretext->loss(input);
    for (int step = 0; step < 40; ++step) {
        for (auto& parameter : pretext->parameters()) {
            parameter.mutable_grad().reset();
        }
        pretext->loss(input).loss.backward();
        const torch::NoGradGuard no_gradient;
        for (auto& parameter : pretext->parameters()) { // sign descent, blind to the loss's scale
            parameter.sub_(parameter.grad().sign(), 2e-3);
        }
    }
    const auto end = pretext->loss(input);
    EXPECT_LT(end.metrics.at("reconstruction").item<double>(), 0.7 * start.metrics.at("reconstruction").item<double>());
    EXPECT_GE(end.metrics.at("active_units").item<double>(), 4);
}

TEST(Vae, SamplesArePicturesOfThePriorAndStayTheSame) {
    const auto comm = alone();
    const auto pretext = build_pretext("{name: vae, latent: 6}", kVaeModel, kImage, *comm, 5);
    const auto first = pretext->pictures(vae_input(4, 0));
    const auto later = pretext->pictures(vae_input(4, 9));
    ASSERT_EQ(first.size(), 2U);
    EXPECT_EQ(first[1].title, "samples of the prior");
    EXPECT_EQ(first[1].images.sizes().vec(), (std::vector<std::int64_t>{8, 8, 3, 16, 16}));
    EXPECT_TRUE(torch::equal(first[1].images, later[1].images));
    EXPECT_FALSE(torch::equal(first[1].images[0][0], first[1].images[0][1]));
}

} // namespace
} // namespace tacit::models
