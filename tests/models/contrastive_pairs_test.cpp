// SPDX-License-Identifier: Apache-2.0
#include "models/losses/contrastive_pairs.hpp"

#include "tests/models/finite_differences.hpp"
#include "tests/models/fixture.hpp"
#include "tests/models/wave.hpp"

#include <ATen/autocast_mode.h>
#include <cmath>
#include <gtest/gtest.h>

namespace tacit::models {
namespace {

TEST(ContrastivePairs, CollapsedEmbeddingsGiveHalfTheSquaredMargin) {
    const auto comm = dist::make_self_communicator();
    for (const std::int64_t count : {2, 7}) {
        const auto same = torch::full({count, 4}, 0.5, torch::kDouble);
        const auto share = contrastive_pairs_share(same, same, Distance::euclidean, 0.8, *comm);
        EXPECT_NEAR(share.loss.item<double>(), 0.5 * 0.8 * 0.8, 1e-5); // the safe root adds 1e-6 to distances
        EXPECT_DOUBLE_EQ(share.active.item<double>(), 1.0);
        EXPECT_NEAR(share.spread.item<double>(), 0.0, 1e-12);
    }
}

TEST(ContrastivePairs, OrthogonalImagesRepelUpToTheMarginAlone) {
    const auto comm = dist::make_self_communicator();
    const auto views = torch::eye(5, torch::kDouble);
    const double apart = std::sqrt(2.0);
    const auto far = contrastive_pairs_share(views, views, Distance::euclidean, 1.4, *comm);
    EXPECT_NEAR(far.loss.item<double>(), 0.0, 1e-11);
    EXPECT_DOUBLE_EQ(far.active.item<double>(), 0.0);
    const auto near = contrastive_pairs_share(views, views, Distance::euclidean, 2.0, *comm);
    EXPECT_NEAR(near.loss.item<double>(), 0.5 * (2 - apart) * (2 - apart), 1e-11);
    EXPECT_DOUBLE_EQ(near.active.item<double>(), 1.0);
}

TEST(ContrastivePairs, ViewsOfAnImageAttractByHalfTheirSquaredDistance) {
    const auto comm = dist::make_self_communicator();
    const auto first = torch::tensor({{0.0}, {10.0}}, torch::kDouble);
    const auto second = torch::tensor({{3.0}, {14.0}}, torch::kDouble);
    const auto share = contrastive_pairs_share(first, second, Distance::euclidean, 1.0, *comm);
    EXPECT_NEAR(share.loss.item<double>(), (9.0 / 2 + 16.0 / 2) / 2, 1e-12);
}

TEST(ContrastivePairs, MatchesThePairByPairOracle) {
    const auto comm = dist::make_self_communicator();
    auto oracle = method_fixture("contrastive_pairs");
    for (const auto& [name, distance] : {std::pair<std::string, Distance>{"euclidean", Distance::euclidean},
                                         {"squared_euclidean", Distance::squared_euclidean},
                                         {"cosine", Distance::cosine}}) {
        for (const auto& [type, tolerance] : {std::pair{torch::kDouble, 1e-10}, {torch::kFloat, 1e-5}}) {
            SCOPED_TRACE(name);
            const auto first = wave({6, 4}, 0.77, 0.2).to(type).requires_grad_();
            const auto second = wave({6, 4}, 0.71, 0.5).to(type).requires_grad_();
            const auto share = contrastive_pairs_share(first, second, distance, 1.3, *comm);
            share.loss.backward();
            EXPECT_NEAR(share.loss.item<double>(), oracle[name + ".loss"].item<double>(), tolerance);
            EXPECT_DOUBLE_EQ(share.active.item<double>(), oracle[name + ".active"].item<double>());
            EXPECT_LT(relative_difference(first.grad(), oracle[name + ".first_gradient"]), tolerance);
            EXPECT_LT(relative_difference(second.grad(), oracle[name + ".second_gradient"]), tolerance);
        }
    }
}

TEST(ContrastivePairs, GradientMatchesFiniteDifferences) {
    const auto comm = dist::make_self_communicator();
    for (const auto distance : {Distance::euclidean, Distance::squared_euclidean, Distance::cosine}) {
        const auto loss = [&](const std::vector<at::Tensor>& views) {
            return contrastive_pairs_share(views[0], views[1], distance, 1.3, *comm).loss;
        };
        EXPECT_LT(gradient_error(loss, {wave({5, 4}, 0.77, 0.2), wave({5, 4}, 0.71, 0.5)}), 1e-8);
    }
}

TEST(ContrastivePairs, AreTheSameUnderAutocast) {
    const auto comm = dist::make_self_communicator();
    const auto first = wave({8, 16}, 0.9, 0.1).to(torch::kFloat);
    const auto second = wave({8, 16}, 0.8, 0.3).to(torch::kFloat);
    const double expected = contrastive_pairs_share(first, second, Distance::euclidean, 1.0, *comm).loss.item<double>();
    at::autocast::set_autocast_enabled(at::kCPU, true);
    const auto loss = contrastive_pairs_share(first, second, Distance::euclidean, 1.0, *comm).loss;
    at::autocast::set_autocast_enabled(at::kCPU, false);
    EXPECT_EQ(loss.item<double>(), expected);
}

} // namespace
} // namespace tacit::models
