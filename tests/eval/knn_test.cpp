// SPDX-License-Identifier: Apache-2.0
#include "eval/solvers/knn.hpp"
#include "eval/solvers/neighbours.hpp"
#include "pipeline/base/error.hpp"

#include <torch/types.h>
#include <torch/utils.h>

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>

namespace tacit::eval {
namespace {

Features random_features(std::int64_t count, std::int64_t classes, std::uint64_t seed) {
    torch::manual_seed(seed);
    return {torch::randn({count, 5}), torch::randint(classes, {count}, torch::kInt64)};
}

double cosine(const at::Tensor& a, const at::Tensor& b) {
    return (a * b).sum().item<double>() / (a.norm().item<double>() * b.norm().item<double>());
}

/// Class of one query by the definition: sort all, weigh the first k.
std::int64_t vote_by_hand(const at::Tensor& query, const Features& bank, int k, double temperature) {
    std::vector<std::pair<double, std::int64_t>> ranked;
    for (std::int64_t i = 0; i < bank.values.size(0); ++i) {
        ranked.emplace_back(-cosine(query, bank.values[i]), bank.labels[i].item<std::int64_t>());
    }
    std::sort(ranked.begin(), ranked.end());
    std::vector<double> votes(10);
    for (std::size_t i = 0; i < static_cast<std::size_t>(k); ++i) {
        votes[static_cast<std::size_t>(ranked[i].second)] += std::exp(-ranked[i].first / temperature);
    }
    return std::max_element(votes.begin(), votes.end()) - votes.begin();
}

TEST(Knn, AgreesWithTheDefinition) {
    const Features train = random_features(200, 4, 1);
    const Features test = random_features(50, 4, 2);
    const KnnOptions options{7, 0.2};
    double correct = 0;
    for (std::int64_t i = 0; i < 50; ++i) {
        correct += vote_by_hand(test.values[i], train, 7, 0.2) == test.labels[i].item<std::int64_t>() ? 1 : 0;
    }
    EXPECT_DOUBLE_EQ(knn_accuracy(train, test, options, *dist::make_self_communicator()), correct / 50);
}

TEST(Knn, NearVotesOutweighManyFarOnes) {
    const Nearest found{torch::tensor({{0.9F, 0.2F, 0.2F}}), torch::tensor({{0, 1, 2}}, torch::kInt64)};
    const at::Tensor labels = torch::tensor({1, 0, 0}, torch::kInt64);
    EXPECT_EQ(weighted_votes(found, labels, 2, 0.07).argmax(1).item<std::int64_t>(), 1);
    EXPECT_EQ(weighted_votes(found, labels, 2, 100).argmax(1).item<std::int64_t>(), 0);
}

TEST(Knn, StaysFiniteAtTinyTemperatures) {
    const Features train = random_features(50, 3, 1);
    const at::Tensor votes = weighted_votes(nearest(train.values, train.values, 5), train.labels, 3, 1e-3);
    EXPECT_TRUE(votes.isfinite().all().item<bool>());
}

TEST(Knn, FindsAnImageAmongItself) {
    const Features bank = random_features(40, 3, 1);
    const Nearest found = nearest(bank.values, bank.values, 1);
    EXPECT_TRUE(found.index.flatten().equal(torch::arange(40, torch::kInt64)));
}

TEST(Knn, RefusesMoreNeighboursThanImages) {
    const Features few = random_features(5, 2, 1);
    EXPECT_THROW(knn_accuracy(few, few, {6, 0.1}, *dist::make_self_communicator()), ConfigError);
}

TEST(NearestImages, NeverListTheQueryAndStartWithOneOfEachClass) {
    Features features = random_features(30, 3, 1);
    features.labels = torch::arange(30, torch::kInt64).remainder(3);
    const auto rows = nearest_images(features, 4, 6);
    ASSERT_EQ(rows.size(), 4U);
    EXPECT_EQ(rows[0].label, 0);
    EXPECT_EQ(rows[1].label, 1);
    EXPECT_EQ(rows[2].label, 2);
    EXPECT_NE(rows[3].query, rows[0].query);
    for (const NeighbourRow& row : rows) {
        EXPECT_EQ(row.indices.size(), 6U);
        EXPECT_EQ(std::count(row.indices.begin(), row.indices.end(), row.query), 0);
        EXPECT_TRUE(std::is_sorted(row.similarities.rbegin(), row.similarities.rend()));
    }
}

} // namespace
} // namespace tacit::eval
