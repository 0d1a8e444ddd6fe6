// SPDX-License-Identifier: Apache-2.0
// Every optimiser against its formula, written out in fp64 without LibTorch's optimisers.
#include "pipeline/train/optim/optimizer.hpp"

#include "pipeline/base/error.hpp"

#include <torch/types.h>
#include <torch/utils.h>

#include <algorithm>
#include <cmath>
#include <gtest/gtest.h>

namespace tacit::train {
namespace {

constexpr double kDecay = 0.01;
constexpr double kRate = 0.1;

/// A [4, 3] weight in channels-last-like memory, and a [3] bias, fp64.
NamedTensors parameters() {
    const auto options = torch::dtype(torch::kFloat64);
    const at::Tensor weight = torch::linspace(-1, 1, 12, options).view({3, 4}).t();
    const at::Tensor bias = torch::linspace(0.5, 1.5, 3, options);
    return {{"weight", weight.clone().set_requires_grad(true)}, {"bias", bias.clone().set_requires_grad(true)}};
}

at::Tensor gradient_at(const at::Tensor& values, int step) {
    return torch::cos(values * 3 + step);
}

void set_gradients(const NamedTensors& tensors, int step) {
    for (const auto& [name, tensor] : tensors) {
        tensor.mutable_grad() = gradient_at(tensor.detach(), step);
    }
}

OptimConfig config_of(const std::string& name) {
    OptimConfig config;
    config.name = name;
    config.nesterov = name == "sgd";
    return config;
}

std::unique_ptr<Optimizer> optimizer_of(const NamedTensors& tensors, const OptimConfig& config) {
    return make_optimizer({models::parameter_group("main", tensors)}, config);
}

constexpr StepSize kStep{kRate, kDecay, 0.9};

/// Values of a weight after steps of a formula: next(values, gradient, step from 0).
template <class Next> at::Tensor expected_after(int steps, at::Tensor values, const Next& next) {
    for (int step = 0; step < steps; ++step) {
        values = next(values, gradient_at(values, step), step);
    }
    return values;
}

NamedTensors moved(int steps, const OptimConfig& config) {
    NamedTensors tensors = parameters();
    const auto optimizer = optimizer_of(tensors, config);
    for (int step = 0; step < steps; ++step) {
        set_gradients(tensors, step);
        optimizer->step(0, kStep);
    }
    for (auto& [name, tensor] : tensors) {
        tensor = tensor.detach();
    }
    return tensors;
}

double distance(const at::Tensor& a, const at::Tensor& b) {
    return (a - b).abs().max().item<double>();
}

at::Tensor weight_before() {
    return parameters()[0].second.detach();
}
at::Tensor bias_before() {
    return parameters()[1].second.detach();
}

TEST(Optimizer, SgdFollowsNesterovsFormulaAndThatOfPlainMomentum) {
    for (const bool nesterov : {true, false}) {
        at::Tensor velocity = torch::zeros({4, 3}, torch::kFloat64);
        const at::Tensor expected =
            expected_after(4, weight_before(), [&](const at::Tensor& w, const at::Tensor& g, int /*step*/) {
                const at::Tensor change = g + kDecay * w;
                velocity = 0.9 * velocity + change;
                return w - kRate * (nesterov ? change + 0.9 * velocity : velocity);
            });
        OptimConfig config = config_of("sgd");
        config.nesterov = nesterov;
        EXPECT_LT(distance(moved(4, config)[0].second, expected), 1e-14) << nesterov;
    }
}

TEST(Optimizer, AdamAndAdamwFollowTheirFormulas) {
    for (const std::string name : {"adam", "adamw"}) {
        at::Tensor first = torch::zeros({4, 3}, torch::kFloat64);
        at::Tensor second = torch::zeros({4, 3}, torch::kFloat64);
        const at::Tensor expected =
            expected_after(4, weight_before(), [&](const at::Tensor& w, const at::Tensor& g, int step) {
                const at::Tensor gradient = name == "adam" ? g + kDecay * w : g;
                first = 0.9 * first + 0.1 * gradient;
                second = 0.999 * second + 0.001 * gradient.square();
                const at::Tensor mean = first / (1 - std::pow(0.9, step + 1));
                const at::Tensor scale = (second / (1 - std::pow(0.999, step + 1))).sqrt() + 1e-8;
                return (name == "adam" ? w : w * (1 - kRate * kDecay)) - kRate * mean / scale;
            });
        EXPECT_LT(distance(moved(4, config_of(name))[0].second, expected), 1e-12) << name;
    }
}

TEST(Optimizer, LarsFollowsItsFormulaInEveryVariant) {
    for (const bool classic : {true, false}) {
        for (const bool clip : {true, false}) {
            for (const bool nesterov : {true, false}) {
                OptimConfig config = config_of("lars");
                config.classic_momentum = classic;
                config.trust_clip = clip;
                config.nesterov = nesterov;
                config.trust = 0.11; // which some of the steps clip
                at::Tensor velocity = torch::zeros({4, 3}, torch::kFloat64);
                int clipped = 0;
                const auto next = [&](const at::Tensor& w, const at::Tensor& g, int /*step*/) {
                    const double size = w.norm().item<double>();
                    double trust = config.trust * size / (g.norm().item<double>() + kDecay * size);
                    if (clip) {
                        clipped += trust / kRate > 1 ? 1 : 0;
                        trust = std::min(trust / kRate, 1.0);
                    }
                    const at::Tensor change = trust * (g + kDecay * w);
                    velocity = 0.9 * velocity + (classic ? kRate : 1.0) * change;
                    const at::Tensor direction =
                        nesterov ? (classic ? kRate : 1.0) * change + 0.9 * velocity : velocity;
                    return w - (classic ? 1.0 : kRate) * direction;
                };
                const at::Tensor expected = expected_after(6, weight_before(), next);
                EXPECT_LT(distance(moved(6, config)[0].second, expected), 1e-14) << classic << clip << nesterov;
                EXPECT_TRUE(!clip || (clipped > 0 && clipped < 6)) << clipped;
            }
        }
    }
}

TEST(Optimizer, LarsMovesPlainParametersAsSgdWithoutDecay) {
    OptimConfig sgd = config_of("sgd");
    sgd.nesterov = false;
    at::Tensor velocity = torch::zeros({3}, torch::kFloat64);
    const at::Tensor expected =
        expected_after(4, bias_before(), [&](const at::Tensor& w, const at::Tensor& g, int /*step*/) {
            velocity = 0.9 * velocity + g;
            return w - kRate * velocity;
        });
    EXPECT_LT(distance(moved(4, config_of("lars"))[1].second, expected), 1e-14);
    EXPECT_LT(distance(moved(4, sgd)[1].second, expected), 1e-14);
}

TEST(Optimizer, LambFollowsItsFormula) {
    at::Tensor first = torch::zeros({4, 3}, torch::kFloat64);
    at::Tensor second = torch::zeros({4, 3}, torch::kFloat64);
    OptimConfig config = config_of("lamb");
    config.eps = 1e-6;
    const at::Tensor expected =
        expected_after(4, weight_before(), [&](const at::Tensor& w, const at::Tensor& g, int step) {
            first = 0.9 * first + 0.1 * g;
            second = 0.999 * second + 0.001 * g.square();
            const at::Tensor mean = first / (1 - std::pow(0.9, step + 1));
            const at::Tensor update = mean / ((second / (1 - std::pow(0.999, step + 1))).sqrt() + 1e-6) + kDecay * w;
            return w - kRate * (w.norm() / update.norm()).item<double>() * update;
        });
    EXPECT_LT(distance(moved(4, config)[0].second, expected), 1e-12);
}

class EveryOptimizer : public testing::TestWithParam<std::string> {};

TEST_P(EveryOptimizer, DecaysNoPlainParameter) {
    const NamedTensors tensors = parameters();
    for (const auto& [name, tensor] : tensors) {
        tensor.mutable_grad() = torch::zeros_like(tensor);
    }
    optimizer_of(tensors, config_of(GetParam()))->step(0, kStep);
    EXPECT_GT(distance(tensors[0].second.detach(), weight_before()), 1e-5);
    EXPECT_TRUE(torch::equal(tensors[1].second.detach(), bias_before()));
}

TEST_P(EveryOptimizer, StaysFiniteWhereAWeightAndItsGradientAreZero) {
    const NamedTensors tensors = {{"weight", torch::zeros({4, 3}).set_requires_grad(true)}};
    tensors[0].second.mutable_grad() = torch::zeros({4, 3});
    const auto optimizer = optimizer_of(tensors, config_of(GetParam()));
    optimizer->step(0, kStep);
    EXPECT_TRUE(torch::equal(tensors[0].second.detach(), torch::zeros({4, 3})));
    tensors[0].second.mutable_grad() = torch::ones({4, 3});
    optimizer->step(0, kStep);
    EXPECT_TRUE(at::isfinite(tensors[0].second).all().item<bool>());
    EXPECT_LT(tensors[0].second.max().item<double>(), 0) << "a weight of zero must be able to move";
}

TEST_P(EveryOptimizer, TakesGradientsThatLieOtherwiseInMemory) {
    const NamedTensors tensors = parameters();
    const NamedTensors others = parameters();
    const auto optimizer = optimizer_of(tensors, config_of(GetParam()));
    const auto other = optimizer_of(others, config_of(GetParam()));
    for (int step = 0; step < 3; ++step) {
        set_gradients(tensors, step);
        set_gradients(others, step);
        others[0].second.mutable_grad() = others[0].second.grad().contiguous();
        ASSERT_NE(others[0].second.grad().strides(), tensors[0].second.grad().strides());
        optimizer->step(0, kStep);
        other->step(0, kStep);
    }
    EXPECT_TRUE(torch::equal(tensors[0].second, others[0].second));
}

TEST_P(EveryOptimizer, MovesTheAskedGroupAlone) {
    const NamedTensors tensors = parameters();
    models::ParameterGroup first = models::parameter_group("main", {tensors[0]});
    models::ParameterGroup second = models::parameter_group("main", {tensors[1]});
    const auto optimizer = make_optimizer({first, second}, config_of(GetParam()));
    set_gradients(tensors, 0);
    optimizer->step(1, kStep);
    EXPECT_TRUE(torch::equal(tensors[0].second.detach(), weight_before()));
    EXPECT_FALSE(torch::equal(tensors[1].second.detach(), bias_before()));
    for (const auto& [name, tensor] : optimizer->state()) {
        EXPECT_TRUE(name.starts_with("bias.")) << name;
    }
    const NamedTensors copies = parameters();
    const auto restored =
        make_optimizer({models::parameter_group("main", {copies[0]}), models::parameter_group("main", {copies[1]})},
                       config_of(GetParam()));
    restored->load_state(optimizer->state());
    EXPECT_EQ(restored->state().size(), optimizer->state().size());
}

TEST_P(EveryOptimizer, StateOfRoundTripGivesTheSameNextSteps) {
    const NamedTensors first = parameters();
    const auto original = optimizer_of(first, config_of(GetParam()));
    for (int step = 0; step < 3; ++step) {
        set_gradients(first, step);
        original->step(0, kStep);
    }
    const NamedTensors second = parameters();
    for (std::size_t i = 0; i < second.size(); ++i) {
        second[i].second.detach().copy_(first[i].second.detach());
    }
    const auto restored = optimizer_of(second, config_of(GetParam()));
    restored->load_state(original->state());
    for (int step = 3; step < 6; ++step) {
        set_gradients(first, step);
        set_gradients(second, step);
        original->step(0, {0.05, kDecay, 0.8});
        restored->step(0, {0.05, kDecay, 0.8});
    }
    EXPECT_TRUE(torch::equal(first[0].second, second[0].second));
    EXPECT_TRUE(torch::equal(first[1].second, second[1].second));
}

TEST_P(EveryOptimizer, StateIsEmptyBeforeTheFirstStepAndLoadsAsSuch) {
    const NamedTensors tensors = parameters();
    const auto optimizer = optimizer_of(tensors, config_of(GetParam()));
    EXPECT_TRUE(optimizer->state().empty());
    set_gradients(tensors, 0);
    optimizer->step(0, kStep);
    EXPECT_FALSE(optimizer->state().empty());
    optimizer->load_state({});
    EXPECT_TRUE(optimizer->state().empty());
}

TEST_P(EveryOptimizer, RefusesStateThatLacksATensorOrHasAnotherOrAMisshapenOne) {
    const NamedTensors tensors = parameters();
    const auto optimizer = optimizer_of(tensors, config_of(GetParam()));
    set_gradients(tensors, 0);
    optimizer->step(0, kStep);
    const NamedTensors whole = optimizer->state();
    NamedTensors lacking = whole;
    lacking.pop_back();
    EXPECT_THROW(optimizer->load_state(lacking), DataError);
    NamedTensors more = whole;
    more.emplace_back("other.weight", torch::zeros({2}));
    EXPECT_THROW(optimizer->load_state(more), DataError);
    NamedTensors misshapen = whole;
    misshapen.front().second = torch::zeros({5, 3}, torch::kFloat64);
    EXPECT_THROW(optimizer->load_state(misshapen), DataError);
}

INSTANTIATE_TEST_SUITE_P(Names, EveryOptimizer, testing::ValuesIn(optimizer_names()),
                         [](const auto& parameter) { return parameter.param; });

TEST(OptimConfig, LearningRateScalesWithTheGlobalBatch) {
    OptimConfig config;
    config.lr = 0.4;
    config.lr_per = 256;
    config.warmup_from = 0.1;
    config.lr_end = 0.2;
    const models::Schedule rate = config.learning_rate(1024);
    EXPECT_DOUBLE_EQ(rate.from, 1.6);
    EXPECT_DOUBLE_EQ(rate.to, 0.8);
    EXPECT_DOUBLE_EQ(rate.warmup_from, 0.4);
    config.lr_sqrt = true;
    EXPECT_DOUBLE_EQ(config.learning_rate(1024).from, 0.8);
    EXPECT_DOUBLE_EQ(config.learning_rate(1024).warmup_from, 0.2);
    config.lr_per = 0;
    EXPECT_DOUBLE_EQ(config.learning_rate(1024).from, 0.4);
}

OptimConfig read(const std::string& text) {
    config::Document document = config::Document::from_text(text, "c.yaml");
    OptimConfig config = read_optim(document.root());
    document.finish();
    return config;
}

TEST(OptimConfig, ReadsTheKeysOfTheOptimiserAlone) {
    EXPECT_EQ(read("{name: lars, trust: 0.02, trust_clip: true, classic_momentum: false}").trust, 0.02);
    EXPECT_FALSE(read("{name: lars}").nesterov);
    EXPECT_TRUE(read("{name: sgd}").nesterov);
    EXPECT_EQ(read("{name: lamb}").eps, 1e-6);
    EXPECT_THROW(read("{name: sgd, trust: 0.02}"), ConfigError);
    EXPECT_THROW(read("{name: adamw, nesterov: true}"), ConfigError);
    EXPECT_THROW(read("{schedule: step}"), ConfigError);
    EXPECT_EQ(read("{schedule: step, milestones: [60, 80]}").milestones.size(), 2U);
    EXPECT_THROW(read("{schedule: constant, lr_end: 0.1}"), ConfigError);
}

TEST(OptimConfig, WeightDecayMayMove) {
    const OptimConfig config = read("{name: adamw, weight_decay: {schedule: cosine, from: 0.04, to: 0.4}}");
    models::StepContext at;
    at.total_steps = 100;
    EXPECT_DOUBLE_EQ(config.weight_decay.at(at), 0.04);
    at.step = 100;
    EXPECT_DOUBLE_EQ(config.weight_decay.at(at), 0.4);
}

} // namespace
} // namespace tacit::train
