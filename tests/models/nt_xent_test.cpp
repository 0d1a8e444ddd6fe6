// SPDX-License-Identifier: Apache-2.0
#include "models/losses/nt_xent.hpp"

#include "tests/models/finite_differences.hpp"
#include "tests/models/fixture.hpp"
#include "tests/models/wave.hpp"

#include <ATen/autocast_mode.h>
#include <cmath>
#include <gtest/gtest.h>

namespace tacit::models {
namespace {

TEST(NtXent, IdenticalProjectionsGiveTheLogOfTheOtherProjections) {
    const auto comm = dist::make_self_communicator();
    for (const std::int64_t count : {2, 5, 16}) {
        const auto same = torch::ones({count, 4}, torch::kDouble);
        const auto share = nt_xent(same, same, 0.5, *comm);
        EXPECT_NEAR(share.loss.item<double>(), std::log(2.0 * static_cast<double>(count) - 1), 1e-12);
        EXPECT_NEAR(share.spread.item<double>(), 0.0, 1e-12);
    }
}

TEST(NtXent, OrthogonalImagesWithEqualViewsGiveTheClosedForm) {
    // One positive at similarity 1 and 2N - 2 negatives at 0: ln(e^(1/T) + 2N - 2) - 1/T.
    const auto comm = dist::make_self_communicator();
    const double temperature = 0.2;
    const auto views = torch::eye(6, torch::kDouble) * 3.0;
    const auto share = nt_xent(views, views, temperature, *comm);
    EXPECT_NEAR(share.loss.item<double>(), std::log(std::exp(1 / temperature) + 10) - 1 / temperature, 1e-12);
    EXPECT_DOUBLE_EQ(share.accuracy.item<double>(), 1.0);
}

TEST(NtXent, OppositeViewsGiveTheClosedFormAndNoAccuracy) {
    // N = 2 with positives at -1 and negatives at 0.
    const auto comm = dist::make_self_communicator();
    const auto first = torch::eye(2, torch::kDouble);
    const auto share = nt_xent(first, -first, 1.0, *comm);
    EXPECT_NEAR(share.loss.item<double>(), std::log(std::exp(-1.0) + 2) + 1, 1e-12);
    EXPECT_DOUBLE_EQ(share.accuracy.item<double>(), 0.0);
}

TEST(NtXent, IgnoresTheLengthOfProjections) {
    const auto comm = dist::make_self_communicator();
    const auto first = wave({4, 3}, 0.9, 0.1);
    const auto second = wave({4, 3}, 0.8, 0.3);
    EXPECT_NEAR(nt_xent(first, second, 0.5, *comm).loss.item<double>(),
                nt_xent(first * 7, second * 0.01, 0.5, *comm).loss.item<double>(), 1e-12);
}

TEST(NtXent, EvenlySpreadProjectionsHaveSpreadNearOne) {
    const auto comm = dist::make_self_communicator();
    torch::manual_seed(1);
    const auto share =
        nt_xent(torch::randn({512, 16}, torch::kDouble), torch::randn({512, 16}, torch::kDouble), 0.5, *comm);
    EXPECT_NEAR(share.spread.item<double>(), 1.0, 0.02);
}

TEST(NtXent, MatchesTheTermByTermOracle) {
    const auto comm = dist::make_self_communicator();
    auto oracle = fixture("nt_xent");
    const auto first = oracle["first"].requires_grad_();
    const auto second = oracle["second"].requires_grad_();
    const auto share = nt_xent(first, second, oracle["temperature"].item<double>(), *comm);
    share.loss.backward();
    EXPECT_NEAR(share.loss.item<double>(), oracle["loss"].item<double>(), 1e-12);
    EXPECT_LT(relative_difference(first.grad(), oracle["first_gradient"]), 1e-11);
    EXPECT_LT(relative_difference(second.grad(), oracle["second_gradient"]), 1e-11);
}

TEST(NtXent, GradientMatchesFiniteDifferences) {
    const auto comm = dist::make_self_communicator();
    const auto loss = [&](const std::vector<at::Tensor>& views) {
        return nt_xent(views[0], views[1], 0.4, *comm).loss;
    };
    EXPECT_LT(gradient_error(loss, {wave({4, 5}, 0.9, 0.1), wave({4, 5}, 0.7, 0.6)}), 1e-8);
}

TEST(NtXent, StaysFiniteAtTheSmallestTemperature) {
    const auto comm = dist::make_self_communicator();
    const auto views = torch::eye(8).requires_grad_();
    const auto share = nt_xent(views, views * 2, 0.01, *comm);
    share.loss.backward();
    EXPECT_TRUE(share.loss.isfinite().item<bool>());
    EXPECT_TRUE(views.grad().isfinite().all().item<bool>());
}

TEST(NtXent, IsComputedInFloat32UnderAutocastAndForBfloat16) {
    const auto comm = dist::make_self_communicator();
    const auto first = wave({8, 16}, 0.9, 0.1).to(torch::kFloat);
    const auto second = wave({8, 16}, 0.8, 0.3).to(torch::kFloat);
    const double expected = nt_xent(first, second, 0.1, *comm).loss.item<double>();
    at::autocast::set_autocast_enabled(at::kCPU, true);
    const auto loss = nt_xent(first, second, 0.1, *comm).loss;
    at::autocast::set_autocast_enabled(at::kCPU, false);
    EXPECT_EQ(loss.scalar_type(), torch::kFloat);
    EXPECT_EQ(loss.item<double>(), expected);
    EXPECT_EQ(nt_xent(first.to(torch::kBFloat16), second.to(torch::kBFloat16), 0.1, *comm).loss.scalar_type(),
              torch::kFloat);
}

} // namespace
} // namespace tacit::models
