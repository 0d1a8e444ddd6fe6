// SPDX-License-Identifier: Apache-2.0
#include "models/step/draws.hpp"

#include <torch/types.h>
#include <torch/utils.h>

#include <gtest/gtest.h>
#include <map>

namespace tacit::models {
namespace {

StepContext keyed(std::int64_t step, std::uint64_t seed = 1) {
    StepContext context;
    context.step = step;
    context.seed = seed;
    return context;
}

const at::Tensor& some_ids() {
    static const at::Tensor ids = torch::tensor({5, 0, 1'000'000'007, 3}, torch::kLong);
    return ids;
}

TEST(Draws, BelongToTheSampleWhereverItStands) {
    const at::Tensor all = normal_draws(keyed(3), "code", some_ids(), {7, 3});
    ASSERT_EQ(all.sizes(), (std::vector<std::int64_t>{4, 7, 3}));
    const at::Tensor some = normal_draws(keyed(3), "code", some_ids().index_select(0, torch::tensor({2, 0})), {7, 3});
    EXPECT_TRUE(torch::equal(some[0], all[2]));
    EXPECT_TRUE(torch::equal(some[1], all[0]));
}

TEST(Draws, DifferBySeedStepStreamAndSample) {
    const at::Tensor base = uniform_draws(keyed(3), "code", some_ids(), {5});
    EXPECT_TRUE(torch::equal(base, uniform_draws(keyed(3), "code", some_ids(), {5})));
    for (const at::Tensor& other :
         {uniform_draws(keyed(4), "code", some_ids(), {5}), uniform_draws(keyed(3, 2), "code", some_ids(), {5}),
          uniform_draws(keyed(3), "noise", some_ids(), {5}), uniform_draws(keyed(3), "code", some_ids() + 1, {5})}) {
        EXPECT_EQ((base == other).sum().item<std::int64_t>(), 0);
    }
}

TEST(Draws, HaveTheirDistributions) {
    const at::Tensor ids = torch::arange(2000);
    const at::Tensor uniform = uniform_draws(keyed(0), "u", ids, {101}).to(torch::kDouble); // standard error 6.4e-4
    EXPECT_NEAR(uniform.mean().item<double>(), 0.5, 4 * 6.4e-4);
    EXPECT_NEAR(uniform.var().item<double>(), 1.0 / 12, 1e-3);
    EXPECT_GE(uniform.min().item<double>(), 0);
    EXPECT_LT(uniform.max().item<double>(), 1);
    const at::Tensor normal = normal_draws(keyed(0), "n", ids, {101}).to(torch::kDouble); // 2.2e-3
    EXPECT_NEAR(normal.mean().item<double>(), 0, 4 * 2.2e-3);
    EXPECT_NEAR(normal.var().item<double>(), 1, 0.02);
    EXPECT_NEAR(normal.pow(4).mean().item<double>(), 3, 0.1);
    const at::Tensor lag = (normal.narrow(1, 0, 100) * normal.narrow(1, 1, 100)).mean();
    EXPECT_NEAR(lag.item<double>(), 0, 4 * 2.3e-3);
}

TEST(Draws, PermutationsHoldEveryNumberOnceAndAreAllAsLikely) {
    EXPECT_TRUE(torch::equal(std::get<0>(permutation_draw(keyed(9), "p", 100).sort()), torch::arange(100)));
    EXPECT_FALSE(torch::equal(permutation_draw(keyed(9), "p", 100), permutation_draw(keyed(10), "p", 100)));
    std::map<std::int64_t, int> counts;
    for (int step = 0; step < 6000; ++step) {
        const at::Tensor order = permutation_draw(keyed(step), "p", 3);
        ++counts[order[0].item<std::int64_t>() * 10 + order[1].item<std::int64_t>()];
    }
    ASSERT_EQ(counts.size(), 6U);
    for (const auto& [order, count] : counts) {
        EXPECT_NEAR(count, 1000, 4 * 29) << order;
    }
    EXPECT_EQ(permutation_draw(keyed(0), "p", 0).numel(), 0);
}

TEST(Draws, RefuseIdsThatAreNone) {
    EXPECT_THROW(uniform_draws(keyed(0), "u", torch::zeros({2, 2}, torch::kLong), {1}), std::invalid_argument);
    EXPECT_THROW(uniform_draws(keyed(0), "u", torch::zeros({2}), {1}), std::invalid_argument);
}

} // namespace
} // namespace tacit::models
