// SPDX-License-Identifier: Apache-2.0
#include "pipeline/train/optimizer.hpp"

#include "pipeline/base/error.hpp"

#include <torch/optim/sgd.h>
#include <torch/types.h>

#include <gtest/gtest.h>

namespace tacit::train {
namespace {

/// A [4, 3] weight and a [3] bias with fixed values and gradients, fp64.
NamedTensors parameters_with_gradients() {
    const auto options = torch::dtype(torch::kFloat64);
    at::Tensor weight = torch::linspace(-1, 1, 12, options).view({4, 3}).clone();
    at::Tensor bias = torch::linspace(0.5, 1.5, 3, options);
    for (at::Tensor* tensor : {&weight, &bias}) {
        tensor->set_requires_grad(true);
        tensor->mutable_grad() = torch::cos(tensor->detach() * 3);
    }
    return {{"weight", weight}, {"bias", bias}};
}

void set_gradients(const NamedTensors& parameters, int step) {
    for (const auto& [name, tensor] : parameters)
        tensor.mutable_grad() = torch::cos(tensor.detach() * 3 + step);
}

OptimConfig config_of(const std::string& name) {
    OptimConfig config;
    config.name = name;
    config.weight_decay = 0.01;
    return config;
}

double distance(const at::Tensor& a, const at::Tensor& b) {
    return (a - b).abs().max().item<double>();
}

TEST(Optimizer, SgdFollowsNesterovClosedForm) {
    const NamedTensors parameters = parameters_with_gradients();
    at::Tensor expected = parameters[0].second.detach().clone();
    at::Tensor velocity = torch::zeros_like(expected);
    Optimizer optimizer(parameters, config_of("sgd"));
    for (int step = 0; step < 4; ++step) {
        set_gradients(parameters, step);
        const at::Tensor gradient = parameters[0].second.grad() + 0.01 * expected;
        velocity = step == 0 ? gradient : 0.9 * velocity + gradient;
        expected = expected - 0.1 * (gradient + 0.9 * velocity);
        optimizer.step(0.1);
    }
    EXPECT_LT(distance(parameters[0].second.detach(), expected), 1e-14);
}

TEST(Optimizer, AdamwFollowsClosedForm) {
    const NamedTensors parameters = parameters_with_gradients();
    at::Tensor expected = parameters[0].second.detach().clone();
    at::Tensor first = torch::zeros_like(expected);
    at::Tensor second = torch::zeros_like(expected);
    Optimizer optimizer(parameters, config_of("adamw"));
    for (int step = 1; step <= 4; ++step) {
        set_gradients(parameters, step);
        const at::Tensor gradient = parameters[0].second.grad();
        first = 0.9 * first + 0.1 * gradient;
        second = 0.999 * second + 0.001 * gradient * gradient;
        const at::Tensor mean = first / (1 - std::pow(0.9, step));
        const at::Tensor scale = (second / (1 - std::pow(0.999, step))).sqrt() + 1e-8;
        expected = expected * (1 - 0.1 * 0.01) - 0.1 * mean / scale;
        optimizer.step(0.1);
    }
    EXPECT_LT(distance(parameters[0].second.detach(), expected), 1e-12);
}

TEST(Optimizer, MatchesPlainLibTorchSgdWithoutDecay) {
    const NamedTensors ours = parameters_with_gradients();
    const NamedTensors plain = parameters_with_gradients();
    OptimConfig config = config_of("sgd");
    config.weight_decay = 0;
    Optimizer optimizer(ours, config);
    torch::optim::SGD reference({plain[0].second, plain[1].second},
                                torch::optim::SGDOptions(0.1).momentum(0.9).nesterov(true));
    for (int step = 0; step < 5; ++step) {
        set_gradients(ours, step);
        set_gradients(plain, step);
        optimizer.step(0.1);
        reference.step();
    }
    EXPECT_TRUE(torch::equal(ours[0].second, plain[0].second));
    EXPECT_TRUE(torch::equal(ours[1].second, plain[1].second));
}

class DecayTest : public testing::TestWithParam<std::string> {};

TEST_P(DecayTest, LeavesOneDimensionalParametersAlone) {
    const NamedTensors parameters = parameters_with_gradients();
    const at::Tensor weight = parameters[0].second.detach().clone();
    const at::Tensor bias = parameters[1].second.detach().clone();
    for (const auto& [name, tensor] : parameters)
        tensor.mutable_grad() = torch::zeros_like(tensor);
    Optimizer(parameters, config_of(GetParam())).step(0.1);
    // SGD applies Nesterov's look-ahead to the decay as well: (1 + momentum) * lr * decay in the first step.
    const double shrink = GetParam() == "sgd" ? 1.9 * 0.1 * 0.01 : 0.1 * 0.01;
    EXPECT_LT(distance(parameters[0].second.detach(), weight * (1 - shrink)), 1e-14);
    EXPECT_TRUE(torch::equal(parameters[1].second, bias));
}

INSTANTIATE_TEST_SUITE_P(Names, DecayTest, testing::Values("sgd", "adamw"));

class StateTest : public testing::TestWithParam<std::string> {};

TEST_P(StateTest, RoundTripGivesTheSameNextStep) {
    const NamedTensors first = parameters_with_gradients();
    Optimizer original(first, config_of(GetParam()));
    for (int step = 0; step < 3; ++step) {
        set_gradients(first, step);
        original.step(0.1);
    }
    const NamedTensors second = parameters_with_gradients();
    for (std::size_t i = 0; i < second.size(); ++i)
        second[i].second.detach().copy_(first[i].second.detach());
    Optimizer restored(second, config_of(GetParam()));
    restored.load_state(original.state());
    for (int step = 3; step < 6; ++step) {
        set_gradients(first, step);
        set_gradients(second, step);
        original.step(0.05);
        restored.step(0.05);
    }
    EXPECT_TRUE(torch::equal(first[0].second, second[0].second));
    EXPECT_TRUE(torch::equal(first[1].second, second[1].second));
}

TEST_P(StateTest, IsEmptyBeforeTheFirstStep) {
    EXPECT_TRUE(Optimizer(parameters_with_gradients(), config_of(GetParam())).state().empty());
}

TEST_P(StateTest, RefusesAMissingTensor) {
    const NamedTensors parameters = parameters_with_gradients();
    Optimizer optimizer(parameters, config_of(GetParam()));
    optimizer.step(0.1);
    NamedTensors state = optimizer.state();
    state.pop_back();
    EXPECT_THROW(optimizer.load_state(state), DataError);
}

TEST_P(StateTest, RefusesAnUnexpectedTensor) {
    const NamedTensors parameters = parameters_with_gradients();
    Optimizer optimizer(parameters, config_of(GetParam()));
    optimizer.step(0.1);
    NamedTensors state = optimizer.state();
    state.emplace_back("other.weight", torch::zeros({2}));
    EXPECT_THROW(optimizer.load_state(state), DataError);
}

TEST_P(StateTest, RefusesAMisshapenTensor) {
    const NamedTensors parameters = parameters_with_gradients();
    Optimizer optimizer(parameters, config_of(GetParam()));
    optimizer.step(0.1);
    NamedTensors state = optimizer.state();
    state.front().second = torch::zeros({5, 3}, torch::kFloat64);
    EXPECT_THROW(optimizer.load_state(state), DataError);
}

INSTANTIATE_TEST_SUITE_P(Names, StateTest, testing::Values("sgd", "adamw"));

OptimConfig schedule_config() {
    OptimConfig config;
    config.lr = 0.4;
    config.warmup_epochs = 2;
    return config;
}

TEST(LearningRate, WarmsUpLinearlyToThePeak) {
    const OptimConfig config = schedule_config();
    for (int step = 0; step < 20; ++step)
        EXPECT_DOUBLE_EQ(learning_rate(config, step, 10, 100, 128), 0.4 * (step + 1) / 20);
}

TEST(LearningRate, CosineIsHalfThePeakInTheMiddleAndEndsAtZero) {
    const OptimConfig config = schedule_config();
    EXPECT_DOUBLE_EQ(learning_rate(config, 20, 10, 100, 128), 0.4);
    EXPECT_NEAR(learning_rate(config, 60, 10, 100, 128), 0.2, 1e-12);
    EXPECT_NEAR(learning_rate(config, 100, 10, 100, 128), 0.0, 1e-12);
    EXPECT_GT(learning_rate(config, 99, 10, 100, 128), 0.0);
}

TEST(LearningRate, ScalesWithTheGlobalBatch) {
    OptimConfig config = schedule_config();
    config.lr_per = 256;
    config.warmup_epochs = 0;
    EXPECT_DOUBLE_EQ(learning_rate(config, 0, 10, 100, 1024), 1.6);
}

TEST(LearningRate, ConstantStaysAtThePeak) {
    OptimConfig config = schedule_config();
    config.schedule = "constant";
    EXPECT_DOUBLE_EQ(learning_rate(config, 99, 10, 100, 128), 0.4);
}

} // namespace
} // namespace tacit::train
