// SPDX-License-Identifier: Apache-2.0
#include "models/losses/triplet.hpp"

#include "tests/models/finite_differences.hpp"
#include "tests/models/fixture.hpp"
#include "tests/models/wave.hpp"

#include <cmath>
#include <gtest/gtest.h>

namespace tacit::models {
namespace {

TEST(RowDistances, OfKnownVectors) {
    const auto a = torch::tensor({{3.0, 4.0}, {1.0, 0.0}}, torch::kDouble);
    const auto b = torch::tensor({{0.0, 0.0}, {0.0, 2.0}}, torch::kDouble);
    const auto euclidean = row_distances(a, b, Distance::euclidean);
    EXPECT_NEAR(euclidean[0].item<double>(), 5.0, 1e-12);
    EXPECT_NEAR(euclidean[1].item<double>(), std::sqrt(5.0), 1e-12);
    EXPECT_NEAR(row_distances(a, b, Distance::squared_euclidean)[0].item<double>(), 25.0, 1e-12);
    EXPECT_NEAR(row_distances(a, b, Distance::cosine)[1].item<double>(), 1.0, 1e-12);
}

TEST(PairDistances, AreThoseOfRowsOneByOne) {
    const auto a = wave({5, 3}, 0.9, 0.1);
    const auto b = wave({4, 3}, 0.7, 0.6);
    for (const auto distance : {Distance::euclidean, Distance::squared_euclidean, Distance::cosine}) {
        const auto all = pair_distances(a, b, distance);
        for (std::int64_t i = 0; i < 5; ++i) {
            const auto row = row_distances(a[i].expand({4, 3}), b, distance);
            EXPECT_LT((all[i] - row).abs().max().item<double>(), 1e-12);
        }
    }
}

TEST(RowDistances, GradientAtEqualVectorsIsFinite) {
    for (const auto distance : {Distance::euclidean, Distance::cosine}) {
        const auto a = torch::ones({2, 3}).requires_grad_();
        row_distances(a, torch::ones({2, 3}), distance).sum().backward();
        EXPECT_TRUE(a.grad().isfinite().all().item<bool>());
    }
}

TEST(TripletLoss, HandComputedValueAndActiveFraction) {
    // On a line: anchors 0 and 10, positives 1 and 8. Negative of each is the other's positive.
    // max(0, 1 - 8 + 9) = 2 and max(0, 2 - 9 + 9) = 2; with margin 7.5: 0.5 and 0.5; with margin 7: 0 and 0.
    const auto comm = dist::make_self_communicator();
    const auto anchors = torch::tensor({{0.0}, {10.0}}, torch::kDouble);
    const auto positives = torch::tensor({{1.0}, {8.0}}, torch::kDouble);
    for (const auto& [margin, loss, active] : {std::tuple{9.0, 2.0, 1.0}, {7.5, 0.5, 1.0}, {7.0, 0.0, 0.0}}) {
        const auto share = triplet_share(anchors, positives, {Distance::euclidean, Negatives::random, margin}, *comm);
        EXPECT_NEAR(share.loss.item<double>(), loss, 1e-12);
        EXPECT_DOUBLE_EQ(share.active.item<double>(), active);
    }
}

TEST(TripletLoss, SemiHardTakesTheClosestNegativeBeyondThePositive) {
    // Anchor 0, positive at 2; other positives at 1 (too close), 3 (semi-hard) and 9.
    const auto comm = dist::make_self_communicator();
    const auto positives = torch::tensor({{2.0}, {1.0}, {3.0}, {9.0}}, torch::kDouble);
    const auto anchors = torch::tensor({{0.0}, {1.0}, {3.0}, {9.0}}, torch::kDouble);
    const auto share = triplet_share(anchors, positives, {Distance::euclidean, Negatives::semi_hard, 1.5}, *comm);
    // Anchor 0: 2 - 3 + 1.5; anchors 1 and 2: 0 - 1 + 1.5; anchor 3: 0 - 6 + 1.5 < 0. The safe root adds 1e-6.
    EXPECT_NEAR(share.loss.item<double>(), (0.5 + 0.5 + 0.5) / 4, 1e-5);
    EXPECT_DOUBLE_EQ(share.active.item<double>(), 0.75);
}

TEST(TripletLoss, HardTakesTheClosestNegativeOfAll) {
    // Anchor 0, positive at 2; other positives at 1, 3 and 9: 2 - 1 + 1.5.
    const auto comm = dist::make_self_communicator();
    const auto positives = torch::tensor({{2.0}, {1.0}, {3.0}, {9.0}}, torch::kDouble);
    const auto anchors = torch::tensor({{0.0}, {100.0}, {-100.0}, {-90.0}}, torch::kDouble);
    const auto share = triplet_share(anchors, positives, {Distance::euclidean, Negatives::hard, 1.5}, *comm);
    // Anchor 100: 99 - 91 + 1.5; anchor -100: 103 - 101 + 1.5; anchor -90: 99 - 91 + 1.5.
    EXPECT_NEAR(share.loss.item<double>(), (2.5 + 9.5 + 3.5 + 9.5) / 4, 1e-9);
}

TEST(TripletLoss, SemiHardFallsBackToTheFarthestNegative) {
    const auto comm = dist::make_self_communicator();
    const auto anchors = torch::tensor({{0.0}, {100.0}, {200.0}}, torch::kDouble);
    const auto positives = torch::tensor({{500.0}, {99.0}, {201.0}}, torch::kDouble);
    const auto share = triplet_share(anchors, positives, {Distance::euclidean, Negatives::semi_hard, 0.0}, *comm);
    EXPECT_NEAR(share.loss.item<double>(), (500.0 - 201.0) / 3, 1e-9);
}

TEST(TripletLoss, MatchesTorchWithItsChosenNegatives) {
    const auto comm = dist::make_self_communicator();
    auto oracle = fixture("triplet");
    for (const auto& [name, distance] : {std::pair{"euclidean", Distance::euclidean},
                                         {"squared_euclidean", Distance::squared_euclidean},
                                         {"cosine", Distance::cosine}}) {
        for (const auto& [choice, negatives] :
             {std::pair{"random", Negatives::random}, {"semi_hard", Negatives::semi_hard}, {"hard", Negatives::hard}}) {
            const auto prefix = std::string(name) + "." + choice;
            SCOPED_TRACE(prefix);
            const auto anchors = oracle["anchors"].clone().requires_grad_();
            const auto positives = oracle["positives"].clone().requires_grad_();
            const auto share = triplet_share(anchors, positives, {distance, negatives, 0.5}, *comm);
            share.loss.backward();
            EXPECT_NEAR(share.loss.item<double>(), oracle[prefix + ".loss"].item<double>(), 1e-10);
            EXPECT_LT(relative_difference(anchors.grad(), oracle[prefix + ".anchor_gradient"]), 1e-9);
            EXPECT_LT(relative_difference(positives.grad(), oracle[prefix + ".positive_gradient"]), 1e-9);
        }
    }
}

TEST(TripletLoss, GradientMatchesFiniteDifferences) {
    const auto comm = dist::make_self_communicator();
    for (const auto distance : {Distance::euclidean, Distance::squared_euclidean, Distance::cosine}) {
        const auto loss = [&](const std::vector<at::Tensor>& rows) {
            return triplet_share(rows[0], rows[1], {distance, Negatives::semi_hard, 0.8}, *comm).loss;
        };
        EXPECT_LT(gradient_error(loss, {wave({5, 4}, 0.77, 0.2), wave({5, 4}, 0.71, 0.5)}), 1e-8);
    }
}

} // namespace
} // namespace tacit::models
