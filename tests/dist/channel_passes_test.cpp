// SPDX-License-Identifier: Apache-2.0
#include "dist/norm/channel_passes.hpp"

#include "tests/dist/channel_operators.hpp"

#include <ATen/Parallel.h>
#include <cmath>
#include <gtest/gtest.h>
#include <mutex>
#include <set>
#include <thread>
#include <torch/types.h>
#include <torch/utils.h>

namespace tacit::dist {
namespace {

struct Case {
    std::vector<std::int64_t> shape;
    at::MemoryFormat format;
    at::ScalarType type;
};

/// The loops against the operators, which spell the formulas out.
class ChannelPasses : public testing::TestWithParam<Case> {
  protected:
    void SetUp() override {
        torch::manual_seed(3);
        at::set_num_threads(3);
        x_ = sample();
        dy_ = sample();
        const std::int64_t channels = GetParam().shape[1];
        for (at::Tensor* values : {&mean_, &one_, &two_}) {
            *values = torch::randn({channels}, torch::kDouble);
        }
        // Float64 results of either side differ by rounding; float32 and bfloat16 by one unit in the last place.
        const auto type = GetParam().type;
        relative_ = type == at::kDouble ? 1e-12 : type == at::kFloat ? 2e-7 : 1e-2;
        of_sums_ = type == at::kBFloat16 ? 1e-6 : 1e-12;
    }

    void TearDown() override { at::set_num_threads(threads_before_); }

    static at::Tensor sample() {
        const Case& now = GetParam();
        return torch::randn(now.shape, torch::kDouble).to(now.type).contiguous(now.format);
    }

    void expect_close(const at::Tensor& actual, const at::Tensor& expected, double relative) {
        EXPECT_EQ(actual.scalar_type(), expected.scalar_type());
        EXPECT_TRUE(at::allclose(actual.to(at::kDouble), expected.to(at::kDouble), relative, relative));
    }

    at::Tensor x_, dy_, mean_, one_, two_;
    double relative_ = 0;
    double of_sums_ = 0;
    int threads_before_ = at::get_num_threads();
};

TEST_P(ChannelPasses, MomentsEqualOperators) {
    const ChannelMoments actual = channel_moments(x_);
    const ChannelMoments expected = by_operators::channel_moments(x_);
    EXPECT_EQ(actual.count, expected.count);
    expect_close(actual.mean, expected.mean, of_sums_);
    expect_close(actual.m2, expected.m2, of_sums_);
}

TEST_P(ChannelPasses, AffineEqualsOperatorsAndKeepsTheMemoryFormat) {
    const at::Tensor actual = channel_affine(x_, mean_, one_, two_);
    expect_close(actual, by_operators::channel_affine(x_, mean_, one_, two_), relative_);
    EXPECT_EQ(actual.strides(), x_.strides());
}

TEST_P(ChannelPasses, ReluAndResidualEqualOperators) {
    for (const Epilogue& then : {Epilogue{{}, true}, Epilogue{dy_, false}, Epilogue{dy_, true}}) {
        const at::Tensor y = channel_affine(x_, mean_, one_, two_, then);
        expect_close(y, by_operators::channel_affine(x_, mean_, one_, two_, then), relative_);
        if (!then.relu) {
            continue;
        }
        const auto [sum, dot] = channel_gradient_sums(dy_, x_, mean_, y);
        const auto [expected_sum, expected_dot] = by_operators::channel_gradient_sums(dy_, x_, mean_, y);
        expect_close(sum, expected_sum, 10 * of_sums_);
        expect_close(dot, expected_dot, 10 * of_sums_);
        at::Tensor other = at::empty_like(x_), expected_other = at::empty_like(x_);
        expect_close(channel_input_gradient(dy_, x_, mean_, one_, two_, mean_, y, other),
                     by_operators::channel_input_gradient(dy_, x_, mean_, one_, two_, mean_, y, expected_other),
                     relative_);
        EXPECT_TRUE(at::equal(other, expected_other));
    }
}

TEST_P(ChannelPasses, ReluKeepsWhatIsNotANumber) {
    x_.select(0, 1).fill_(1);
    x_.select(0, 0).fill_(std::nan(""));
    const at::Tensor y = channel_affine(x_, mean_, one_, two_, {{}, true});
    EXPECT_EQ(at::isnan(y).sum().item<std::int64_t>(), at::isnan(x_).sum().item<std::int64_t>());
    EXPECT_GE(at::isnan(y).sum().item<std::int64_t>(), 1);
}

TEST_P(ChannelPasses, GradientSumsEqualOperators) {
    const auto [sum, dot] = channel_gradient_sums(dy_, x_, mean_);
    const auto [expected_sum, expected_dot] = by_operators::channel_gradient_sums(dy_, x_, mean_);
    expect_close(sum, expected_sum, 10 * of_sums_);
    expect_close(dot, expected_dot, 10 * of_sums_);
}

TEST_P(ChannelPasses, InputGradientEqualsOperators) {
    const at::Tensor actual = channel_input_gradient(dy_, x_, mean_, one_, two_, mean_);
    expect_close(actual, by_operators::channel_input_gradient(dy_, x_, mean_, one_, two_, mean_), relative_);
    EXPECT_EQ(actual.strides(), x_.strides());
}

INSTANTIATE_TEST_SUITE_P(Layouts, ChannelPasses,
                         testing::Values(Case{{37, 19}, at::MemoryFormat::Contiguous, at::kDouble},
                                         Case{{70, 32}, at::MemoryFormat::Contiguous, at::kFloat},
                                         Case{{5, 19, 7, 3}, at::MemoryFormat::Contiguous, at::kDouble},
                                         Case{{5, 19, 7, 3}, at::MemoryFormat::ChannelsLast, at::kDouble},
                                         Case{{5, 16, 7, 9}, at::MemoryFormat::ChannelsLast, at::kFloat},
                                         Case{{5, 16, 7, 9}, at::MemoryFormat::Contiguous, at::kFloat},
                                         Case{{5, 11, 4, 4}, at::MemoryFormat::ChannelsLast, at::kBFloat16},
                                         Case{{5, 11, 4, 4}, at::MemoryFormat::Contiguous, at::kBFloat16},
                                         Case{{6, 1, 4, 4}, at::MemoryFormat::ChannelsLast, at::kDouble},
                                         Case{{6, 8, 1, 1}, at::MemoryFormat::Contiguous, at::kDouble},
                                         Case{{9, 33}, at::MemoryFormat::Contiguous, at::kBFloat16},
                                         Case{{9, 64}, at::MemoryFormat::Contiguous, at::kFloat},
                                         Case{{9, 65, 3, 3}, at::MemoryFormat::ChannelsLast, at::kBFloat16},
                                         Case{{9, 65, 3, 3}, at::MemoryFormat::ChannelsLast, at::kFloat},
                                         Case{{9, 100, 5, 5}, at::MemoryFormat::ChannelsLast, at::kDouble},
                                         Case{{64, 24, 32, 32}, at::MemoryFormat::ChannelsLast, at::kFloat},
                                         Case{{40, 100, 16, 16}, at::MemoryFormat::ChannelsLast, at::kBFloat16},
                                         Case{{40, 12, 33, 33}, at::MemoryFormat::Contiguous, at::kFloat}));

TEST(ChannelMoments, StayAccurateFarFromZero) {
    torch::manual_seed(1);
    const at::Tensor x = torch::randn({64, 8, 6, 6}) + 1e4;
    const ChannelMoments moments = channel_moments(x);
    const at::Tensor expected = x.to(at::kDouble).var({0, 2, 3}, false) * static_cast<double>(moments.count);
    EXPECT_TRUE(at::allclose(moments.m2, expected, 1e-12, 0));
}

TEST(ChannelAffine, StaysAccurateFarFromZero) {
    torch::manual_seed(1);
    const at::Tensor x = torch::randn({64, 8, 6, 6}) + 1e4;
    const at::Tensor mean = torch::full({8}, 1e4 + 0.3003, at::kDouble), one = torch::ones({8}, at::kDouble);
    const at::Tensor expected = (x.to(at::kDouble) - (1e4 + 0.3003)).to(at::kFloat);
    EXPECT_TRUE(at::allclose(channel_affine(x, mean, one, torch::zeros({8}, at::kDouble)), expected, 1e-6, 1e-7));
    EXPECT_TRUE(
        at::allclose(channel_input_gradient(torch::zeros_like(x), x, mean, one, -one, one - 1), expected, 1e-6, 1e-7));
}

TEST_P(ChannelPasses, ElementsAreTheSameOnAnyNumberOfThreads) {
    const at::Tensor on_three = channel_affine(x_, mean_, one_, two_, {dy_, true});
    const ChannelMoments moments_on_three = channel_moments(x_);
    at::set_num_threads(1);
    EXPECT_TRUE(at::equal(on_three, channel_affine(x_, mean_, one_, two_, {dy_, true})));
    expect_close(moments_on_three.m2, channel_moments(x_).m2, of_sums_);
}

TEST(ParallelFor, TakesSeveralThreadsInFilesThatIncludeLibTorch) {
    const int before = at::get_num_threads();
    at::set_num_threads(2);
    std::mutex mutex;
    std::set<std::thread::id> threads;
    at::parallel_for(0, 2, 1, [&](std::int64_t, std::int64_t) {
        const std::scoped_lock lock(mutex);
        threads.insert(std::this_thread::get_id());
    });
    at::set_num_threads(before);
    EXPECT_EQ(threads.size(), 2U);
}

TEST(ChannelMoments, OfNothingAreZero) {
    const ChannelMoments moments = channel_moments(torch::empty({0, 3, 2, 2}));
    EXPECT_EQ(moments.count, 0);
    EXPECT_TRUE(at::equal(moments.mean, torch::zeros({3}, torch::kDouble)));
    EXPECT_TRUE(at::equal(moments.m2, torch::zeros({3}, torch::kDouble)));
}

} // namespace
} // namespace tacit::dist
