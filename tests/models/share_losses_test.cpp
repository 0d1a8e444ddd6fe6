// SPDX-License-Identifier: Apache-2.0
#include "models/losses/cross_entropy.hpp"
#include "models/losses/pixel_losses.hpp"
#include "tests/models/finite_differences.hpp"
#include "tests/models/wave.hpp"

#include <cmath>
#include <gtest/gtest.h>

namespace tacit::models {
namespace {

TEST(MseShare, IsTheMeanOfSquaredDifferences) {
    const auto output = torch::tensor({{1.0, 2.0}, {3.0, 5.0}}, torch::kDouble);
    const auto target = torch::tensor({{1.0, 0.0}, {0.0, 4.0}}, torch::kDouble);
    EXPECT_NEAR(mse_share(output, target, 2).item<double>(), (0 + 4 + 9 + 1) / 4.0, 1e-12);
}

TEST(BceShare, MatchesTheDefinitionAndStaysFinite) {
    const auto logits = torch::tensor({{0.0}, {2.0}, {-1.0}}, torch::kDouble);
    const auto target = torch::tensor({{0.25}, {1.0}, {0.0}}, torch::kDouble);
    const double expected = (std::log(2.0) + std::log1p(std::exp(-2.0)) + std::log1p(std::exp(-1.0))) / 3;
    EXPECT_NEAR(bce_share(logits, target, 3).item<double>(), expected, 1e-12);
    EXPECT_NEAR(bce_share(torch::full({1, 1}, 1000.0), torch::zeros({1, 1}), 1).item<double>(), 1000.0, 1e-3);
}

TEST(WeightedMseShare, CountsWeightedPixelsOfEachSample) {
    // Two channels, two pixels; sample 0 weighs the first pixel alone, sample 1 nothing.
    const auto output = torch::tensor({1.0, 5.0, 3.0, 5.0, 9.0, 9.0, 9.0, 9.0}, torch::kDouble).view({2, 2, 1, 2});
    const auto weights = torch::tensor({4.0, 0.0, 0.0, 0.0}, torch::kDouble).view({2, 1, 1, 2});
    EXPECT_NEAR(weighted_mse_share(output, torch::zeros_like(output), weights, 2).item<double>(), (1 + 9) / 2.0 / 2,
                1e-12);
}

TEST(CrossEntropyShare, UniformLogitsGiveTheLogOfTheClasses) {
    const auto labels = torch::tensor({0, 3, 1}, torch::kLong);
    EXPECT_NEAR(cross_entropy_share(torch::zeros({3, 4}, torch::kDouble), labels, 3).item<double>(), std::log(4.0),
                1e-12);
}

TEST(CrossEntropyShare, HandComputedTwoClasses) {
    const auto logits = torch::tensor({{1.0, 0.0}, {0.0, 3.0}}, torch::kDouble);
    const auto labels = torch::tensor({0, 0}, torch::kLong);
    const double expected = (std::log1p(std::exp(-1.0)) + std::log1p(std::exp(3.0))) / 2;
    EXPECT_NEAR(cross_entropy_share(logits, labels, 2).item<double>(), expected, 1e-12);
    EXPECT_DOUBLE_EQ(accuracy_share(logits, labels, 2).item<double>(), 0.5);
}

TEST(ShareLosses, SharesOfTwoHalvesAddUpToTheWhole) {
    const auto output = wave({6, 2, 3, 3}, 0.7, 0.1);
    const auto target = wave({6, 2, 3, 3}, 0.9, 0.4).square();
    const auto weights = wave({6, 1, 3, 3}, 0.5, 0.2).square();
    const auto labels = torch::arange(6, torch::kLong).remainder(4);
    const auto logits = wave({6, 4}, 1.1, 0.3);
    const auto total = [&](const auto& loss) {
        const auto whole = loss(0, 6).template item<double>();
        EXPECT_NEAR(loss(0, 2).template item<double>() + loss(2, 6).template item<double>(), whole, 1e-12);
    };
    const auto cut = [](const at::Tensor& tensor, int from, int to) { return tensor.slice(0, from, to); };
    total([&](int a, int b) { return mse_share(cut(output, a, b), cut(target, a, b), 6); });
    total([&](int a, int b) { return bce_share(cut(output, a, b), cut(target, a, b), 6); });
    total(
        [&](int a, int b) { return weighted_mse_share(cut(output, a, b), cut(target, a, b), cut(weights, a, b), 6); });
    total([&](int a, int b) { return cross_entropy_share(cut(logits, a, b), cut(labels, a, b), 6); });
}

TEST(ShareLosses, GradientsMatchFiniteDifferences) {
    const auto target = wave({3, 2, 2, 2}, 0.9, 0.4).square();
    const auto weights = wave({3, 1, 2, 2}, 0.5, 0.2).square();
    const auto labels = torch::tensor({2, 0, 1}, torch::kLong);
    const auto output = wave({3, 2, 2, 2}, 0.7, 0.1);
    using Inputs = std::vector<at::Tensor>;
    EXPECT_LT(gradient_error([&](const Inputs& x) { return mse_share(x[0], target, 3); }, {output}), 1e-8);
    EXPECT_LT(gradient_error([&](const Inputs& x) { return bce_share(x[0], target, 3); }, {output}), 1e-8);
    EXPECT_LT(gradient_error([&](const Inputs& x) { return weighted_mse_share(x[0], target, weights, 3); }, {output}),
              1e-8);
    EXPECT_LT(
        gradient_error([&](const Inputs& x) { return cross_entropy_share(x[0], labels, 3); }, {wave({3, 3}, 1, 0)}),
        1e-8);
}

} // namespace
} // namespace tacit::models
