// SPDX-License-Identifier: Apache-2.0
#include "dist/collectives.hpp"

#include "tests/mpi_main.hpp"

#include <gtest/gtest.h>
#include <torch/autograd.h>
#include <torch/types.h>
#include <torch/utils.h>

namespace tacit::dist {
namespace {

constexpr std::int64_t kGlobalRows = 12;
constexpr std::int64_t kWidth = 5;

/// Rows of the global batch that rank r owns.
at::Tensor own_rows(const at::Tensor& global) {
    const std::int64_t rows = kGlobalRows / world().size();
    return global.narrow(0, world().rank() * rows, rows);
}

/// Mean over `rows` of log sum_j exp(row . all_j): couples every sample with every other, as NT-Xent does.
at::Tensor contrastive_share(const at::Tensor& rows, const at::Tensor& all) {
    return rows.matmul(all.t()).logsumexp(1).sum() / static_cast<double>(kGlobalRows);
}

struct Problem {
    at::Tensor inputs, weight;

    Problem() {
        torch::manual_seed(11);
        inputs = torch::randn({kGlobalRows, kWidth}, torch::kDouble);
        weight = torch::randn({kWidth, kWidth}, torch::kDouble) * 0.3;
    }

    /// Gradient of the global mean with respect to the weight, on one rank without communication.
    at::Tensor reference_gradient() const {
        const at::Tensor w = weight.clone().requires_grad_();
        const at::Tensor all = inputs.matmul(w);
        contrastive_share(all, all).backward();
        return w.grad();
    }

    /// The same from the shares of the ranks: gradients summed, no factor anywhere.
    at::Tensor distributed_gradient(double factor_on_gather) const {
        const at::Tensor w = weight.clone().requires_grad_();
        const at::Tensor rows = own_rows(inputs).matmul(w);
        at::Tensor all = all_gather_with_gradient(rows, world());
        // a gradient scaled by the factor, the value unchanged
        all = all * factor_on_gather + (all * (1 - factor_on_gather)).detach();
        contrastive_share(rows, all).backward();
        at::Tensor gradient = w.grad().clone();
        world().all_reduce_sum(gradient);
        return gradient;
    }
};

double relative_difference(const at::Tensor& actual, const at::Tensor& expected) {
    return ((actual - expected).norm() / expected.norm()).item<double>();
}

TEST(AllGatherWithGradient, ConcatenatesInRankOrder) {
    const Problem problem;
    EXPECT_TRUE(at::equal(all_gather_with_gradient(own_rows(problem.inputs), world()), problem.inputs));
}

TEST(AllGatherWithGradient, GivesTheGradientOfTheGlobalMean) {
    const Problem problem;
    EXPECT_LE(relative_difference(problem.distributed_gradient(1), problem.reference_gradient()), 1e-12);
}

TEST(AllGatherWithGradient, AFactorOfTheWorldSizeWouldBeCaught) {
    if (world().size() == 1) {
        GTEST_SKIP() << "the factor is one";
    }
    const Problem problem;
    const at::Tensor expected = problem.reference_gradient();
    EXPECT_GT(relative_difference(problem.distributed_gradient(world().size()), expected), 1e-2);
    EXPECT_GT(relative_difference(problem.distributed_gradient(1.0 / world().size()), expected), 1e-2);
    EXPECT_GT(relative_difference(problem.distributed_gradient(0), expected), 1e-2);
}

TEST(AllGatherWithGradient, BackwardSumsTheSlicesOfAllRanks) {
    const at::Tensor mine = torch::ones({2, 3}, torch::kDouble).requires_grad_();
    const at::Tensor all = all_gather_with_gradient(mine, world());
    const at::Tensor rows = torch::arange(all.size(0), torch::kDouble).unsqueeze(1);
    (all * rows * (world().rank() + 1)).sum().backward();
    const double ranks = world().size() * (world().size() + 1) / 2.0;
    const at::Tensor expected = rows.narrow(0, 2 * world().rank(), 2).expand({2, 3}) * ranks;
    EXPECT_TRUE(at::equal(mine.grad(), expected));
}

TEST(AllGatherWithGradient, AgreesWithFiniteDifferences) {
    const Problem problem;
    const at::Tensor gradient = problem.distributed_gradient(1);
    const at::Tensor direction = torch::ones_like(problem.weight);
    constexpr double kStep = 1e-5;
    const auto loss = [&](double step) {
        const at::Tensor all = problem.inputs.matmul(problem.weight + direction * step);
        return contrastive_share(all, all).item<double>();
    };
    const double numeric = (loss(kStep) - loss(-kStep)) / (2 * kStep);
    EXPECT_NEAR((gradient * direction).sum().item<double>(), numeric, 1e-7 * std::abs(numeric));
}

/// Gradient of |d loss / d weight|^2 with respect to the weight, of the loss that `share_of` gives in shares.
template <class Share> at::Tensor gradient_of_gradient(const at::Tensor& weight, Share share_of) {
    const at::Tensor w = weight.clone().requires_grad_();
    const at::Tensor share = share_of(w);
    const at::Tensor own = torch::autograd::grad({share}, {w}, {}, true, true).front();
    const at::Tensor gradient = all_reduce_sum_with_gradient(own, world());
    (gradient.square().sum() / world().size()).backward();
    at::Tensor result = w.grad().clone();
    world().all_reduce_sum(result);
    return result;
}

TEST(AllGatherWithGradient, GradientsOfGradientsSpanRanks) {
    const Problem problem;
    const at::Tensor w = problem.weight.clone().requires_grad_();
    const at::Tensor all = problem.inputs.matmul(w);
    const at::Tensor gradient = torch::autograd::grad({contrastive_share(all, all)}, {w}, {}, true, true).front();
    gradient.square().sum().backward();
    const at::Tensor distributed = gradient_of_gradient(problem.weight, [&](const at::Tensor& weight) {
        const at::Tensor rows = own_rows(problem.inputs).matmul(weight);
        return contrastive_share(rows, all_gather_with_gradient(rows, world()));
    });
    EXPECT_LE(relative_difference(distributed, w.grad()), 1e-12);
}

TEST(AllReduceSumWithGradient, GivesTheGradientOfWhatTheSumIsUsedForOnAllRanks) {
    const double rank = world().rank();
    const at::Tensor mine = torch::full({2, 3}, rank + 1, torch::kDouble).requires_grad_();
    const at::Tensor sum = all_reduce_sum_with_gradient(mine, world());
    const double ranks = world().size() * (world().size() + 1) / 2.0;
    EXPECT_TRUE(at::equal(sum, torch::full({2, 3}, ranks, torch::kDouble)));
    (sum.square() * (rank + 1)).sum().backward(); // over ranks: ranks * sum^2
    EXPECT_TRUE(at::equal(mine.grad(), torch::full({2, 3}, 2 * ranks * ranks, torch::kDouble)));
    EXPECT_TRUE(at::equal(mine, torch::full({2, 3}, rank + 1, torch::kDouble)));
}

TEST(AllReduceSumWithGradient, RefusesTypesThatAreNotSummed) {
    EXPECT_THROW(all_reduce_sum_with_gradient(torch::zeros({2}, torch::kBFloat16), world()), std::invalid_argument);
}

TEST(AllGatherWithGradient, RefusesTypesWithoutReduceScatter) {
    EXPECT_THROW(all_gather_with_gradient(torch::zeros({2, 2}, torch::kBFloat16), world()), std::invalid_argument);
}

} // namespace
} // namespace tacit::dist
