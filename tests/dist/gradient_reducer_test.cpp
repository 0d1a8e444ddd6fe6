// SPDX-License-Identifier: Apache-2.0
#include "dist/gradient_reducer.hpp"

#include "pipeline/base/error.hpp"
#include "tests/message_of.hpp"
#include "tests/mpi_main.hpp"

#include <gtest/gtest.h>
#include <torch/optim/sgd.h>
#include <torch/types.h>
#include <torch/utils.h>

namespace tacit::dist {
namespace {

constexpr std::int64_t kMebi = 1 << 20;

at::Tensor parameter(std::vector<std::int64_t> shape, at::ScalarType type = at::kFloat) {
    return torch::ones(shape, type).requires_grad_();
}

double rank_sum() {
    return world().size() * (world().size() + 1) / 2.0;
}

TEST(GradientReducer, SumsGradientsOverRanks) {
    const NamedTensors parameters = {
        {"a", parameter({3, 2})}, {"b", parameter({7})}, {"c", parameter({5}, at::kDouble)}};
    GradientReducer reducer(parameters, world());
    at::Tensor loss = torch::zeros({}, torch::kDouble);
    for (const auto& [name, tensor] : parameters) {
        loss = loss + (tensor * (world().rank() + 1)).sum() * tensor.numel();
    }
    loss.backward();
    reducer.reduce();
    for (const auto& [name, tensor] : parameters) {
        const double expected = rank_sum() * static_cast<double>(tensor.numel());
        EXPECT_TRUE(at::equal(tensor.grad(), torch::full_like(tensor, expected))) << name;
    }
}

TEST(GradientReducer, ParametersWithoutGradientContributeZeros) {
    const NamedTensors parameters = {{"used on rank 0", parameter({4})}, {"unused", parameter({4})}};
    GradientReducer reducer(parameters, world());
    if (world().rank() == 0) {
        parameters[0].second.sum().backward();
    }
    reducer.reduce();
    EXPECT_TRUE(at::equal(parameters[0].second.grad(), torch::ones({4})));
    EXPECT_TRUE(at::equal(parameters[1].second.grad(), torch::zeros({4})));
}

TEST(GradientReducer, FrozenParametersGetNoGradient) {
    const NamedTensors parameters = {{"frozen", torch::ones({4})}, {"free", parameter({4})}};
    const GradientReducer reducer(parameters, world());
    EXPECT_FALSE(parameters[0].second.grad().defined());
    EXPECT_TRUE(parameters[1].second.grad().defined());
}

TEST(GradientReducer, CutsBucketsAtOneAndTwentyFiveMebibytes) {
    NamedTensors parameters;
    for (int i = 0; i < 16; ++i) { // 16 x 4 MiB: one alone (the first bucket is full), then seven of 28 MiB, then one
        parameters.emplace_back("p" + std::to_string(i), parameter({kMebi}));
    }
    const GradientReducer reducer(parameters, world());
    EXPECT_EQ(reducer.buckets(), 4U);
}

TEST(GradientReducer, KeepsTypesApart) {
    const NamedTensors parameters = {{"a", parameter({3})}, {"b", parameter({3}, at::kDouble)}, {"c", parameter({3})}};
    EXPECT_EQ(GradientReducer(parameters, world()).buckets(), 2U);
}

TEST(GradientReducer, ZeroKeepsTheBuckets) {
    const NamedTensors parameters = {{"a", parameter({3, 2})}, {"b", parameter({7})}};
    GradientReducer reducer(parameters, world());
    std::vector<void*> memory;
    for (const auto& [name, tensor] : parameters) {
        memory.push_back(tensor.grad().data_ptr());
    }
    for (int step = 0; step < 2; ++step) {
        (parameters[0].second.sum() + parameters[1].second.sum()).backward();
        reducer.reduce();
        reducer.zero();
        for (std::size_t i = 0; i < parameters.size(); ++i) {
            EXPECT_EQ(parameters[i].second.grad().data_ptr(), memory[i]);
            EXPECT_EQ(parameters[i].second.grad().abs().sum().item<double>(), 0);
        }
    }
}

TEST(GradientReducer, GradientsHaveTheStridesOfChannelsLastWeights) {
    const at::Tensor weight = torch::randn({8, 4, 3, 3}).contiguous(at::MemoryFormat::ChannelsLast).requires_grad_();
    GradientReducer reducer({{"weight", weight}}, world());
    EXPECT_EQ(weight.grad().strides(), weight.strides());
    const void* memory = weight.grad().data_ptr();
    torch::conv2d(torch::ones({1, 4, 3, 3}), weight).sum().backward();
    EXPECT_EQ(weight.grad().data_ptr(), memory);
    reducer.reduce();
    EXPECT_TRUE(at::equal(weight.grad(), torch::full_like(weight, static_cast<double>(world().size()))));
}

TEST(GradientReducer, ReportsAGradientThatLeftItsBucket) {
    const NamedTensors parameters = {{"a", parameter({3})}};
    GradientReducer reducer(parameters, world());
    torch::optim::SGD optimizer({parameters[0].second}, 0.1);
    optimizer.zero_grad();
    EXPECT_THROW(reducer.reduce(), std::logic_error);
}

TEST(GradientReducer, GradientsOutliveTheReducer) {
    const NamedTensors parameters = {{"a", parameter({1000})}};
    std::make_unique<GradientReducer>(parameters, world()).reset();
    parameters[0].second.sum().backward();
    EXPECT_TRUE(at::equal(parameters[0].second.grad(), torch::ones({1000})));
}

TEST(GradientReducer, NamesTheFirstParameterThatDiffersBetweenRanks) {
    const std::int64_t width = world().rank() == world().size() - 1 ? 5 : 4;
    const NamedTensors parameters = {{"same", parameter({3})}, {"other", parameter({2, width})}};
    if (world().size() == 1) {
        EXPECT_NO_THROW(GradientReducer(parameters, world()));
        return;
    }
    const std::string message = message_of<DistError>([&] { const GradientReducer reducer(parameters, world()); });
    EXPECT_NE(message.find("'other Float [2, 4]' on rank 0"), std::string::npos) << message;
    EXPECT_NE(message.find("'other Float [2, 5]' on rank " + std::to_string(world().size() - 1)), std::string::npos)
        << message;
}

TEST(GradientReducer, ReportsAParameterThatOtherRanksLack) {
    if (world().size() == 1) {
        GTEST_SKIP() << "needs two ranks";
    }
    NamedTensors parameters = {{"a", parameter({3})}};
    if (world().rank() == 0) {
        parameters.emplace_back("extra", parameter({1}));
    }
    const std::string message = message_of<DistError>([&] { const GradientReducer reducer(parameters, world()); });
    EXPECT_NE(message.find("'extra Float [1]' on rank 0 but nothing more on rank 1"), std::string::npos) << message;
}

TEST(BroadcastFromRoot, CopiesAllTypesAndMemoryFormats) {
    torch::manual_seed(world().rank());
    const at::Tensor weight = torch::randn({4, 3, 2, 2}).contiguous(at::MemoryFormat::ChannelsLast).requires_grad_();
    const at::Tensor steps = torch::full({}, world().rank() + 3, torch::kLong);
    const at::Tensor mask = torch::full({3}, world().rank() == 0, torch::kBool);
    broadcast_from_root({{"weight", weight}, {"steps", steps}, {"mask", mask}}, world());
    torch::manual_seed(0);
    EXPECT_TRUE(at::equal(weight, torch::randn({4, 3, 2, 2})));
    EXPECT_TRUE(weight.is_contiguous(at::MemoryFormat::ChannelsLast));
    EXPECT_EQ(steps.item<std::int64_t>(), 3);
    EXPECT_TRUE(mask.all().item<bool>());
}

TEST(BroadcastFromRoot, ReportsShapesThatDiffer) {
    if (world().size() == 1) {
        GTEST_SKIP() << "needs two ranks";
    }
    const at::Tensor tensor = torch::zeros({2 + world().rank() % 2});
    const std::string message = message_of<DistError>([&] { broadcast_from_root({{"buffer", tensor}}, world()); });
    EXPECT_NE(message.find("'buffer Float [3]' on rank 1"), std::string::npos) << message;
}

} // namespace
} // namespace tacit::dist
