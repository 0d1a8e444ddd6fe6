// SPDX-License-Identifier: Apache-2.0
#include "eval/solvers/lbfgs.hpp"
#include "eval/solvers/linear_probe.hpp"
#include "eval/solvers/logistic_loss.hpp"
#include "pipeline/base/error.hpp"
#include "pipeline/base/files.hpp"
#include "tests/fixtures.hpp"
#include "tests/message_of.hpp"

#include <ATen/record_function.h>
#include <torch/types.h>
#include <torch/utils.h>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <atomic>
#include <cmath>
#include <map>
#include <memory>
#include <string_view>

namespace tacit::eval {
namespace {

at::Tensor matrix(const nlohmann::json& rows, torch::Dtype type) {
    std::vector<double> flat;
    for (const auto& row : rows) {
        const auto values = row.get<std::vector<double>>();
        flat.insert(flat.end(), values.begin(), values.end());
    }
    const auto count = static_cast<std::int64_t>(rows.size());
    return torch::tensor(flat, torch::kFloat64).view({count, -1}).to(type);
}

/// Three classes at the corners of a triangle, `noise` wide.
Features triangle(std::int64_t count, double noise, std::uint64_t seed) {
    torch::manual_seed(seed);
    const at::Tensor labels = torch::arange(count, torch::kInt64).remainder(3);
    const at::Tensor corners = torch::tensor({{0.0F, 0.0F}, {4.0F, 0.0F}, {0.0F, 4.0F}});
    return {corners.index_select(0, labels) + noise * torch::randn({count, 2}), labels};
}

TEST(Lbfgs, FindsTheMinimumOfAQuadratic) {
    const at::Tensor curvature = torch::tensor({1.0, 100.0, 1e4}, torch::kFloat64);
    const at::Tensor centre = torch::tensor({3.0, -2.0, 0.5}, torch::kFloat64);
    at::Tensor x = torch::zeros({3}, torch::kFloat64);
    const auto quadratic = [&](const at::Tensor& at, at::Tensor& gradient) {
        gradient.copy_(curvature * (at - centre));
        return 0.5 * (curvature * (at - centre).square()).sum().item<double>();
    };
    minimise(quadratic, [](const at::Tensor& vector) { return vector.clone(); }, x, {200, 10, 0});
    EXPECT_LT((x - centre).abs().max().item<double>(), 1e-6);
}

/// Rows of three chunks.
Features many_rows() {
    torch::manual_seed(4);
    return {torch::randn({2500, 3000}), torch::randint(0, 3, {2500}, torch::kInt64)};
}

TEST(LogisticLoss, LossAndGradientAreThoseOfAutogradOverSeveralChunks) {
    const Features rows = many_rows();
    const auto self = dist::make_self_communicator();
    const LogisticLoss loss(rows.values, rows.labels, 2500, 3, 1e-2, *self);
    const at::Tensor parameters = torch::randn({3 * 3001}, torch::kFloat64) * 0.02;
    at::Tensor gradient = torch::zeros_like(parameters);
    const double value = loss(parameters, gradient);
    const at::Tensor leaf = parameters.clone().requires_grad_();
    const at::Tensor table = leaf.view({3, 3001});
    const at::Tensor weight = table.narrow(1, 0, 3000);
    const at::Tensor logits = torch::mm(rows.values.to(torch::kFloat64), weight.t()) + table.select(1, 3000);
    const at::Tensor expected = torch::cross_entropy_loss(logits, rows.labels) + 5e-3 * weight.square().sum();
    expected.backward();
    EXPECT_NEAR(value, expected.item<double>(), 1e-6 * value);
    EXPECT_LE((gradient - leaf.grad()).abs().max().item<double>(),
              1e-6 * leaf.grad().abs().max().item<double>() + 1e-7);
}

std::atomic<int> products = 0;

/// An observer of this thread stands for all that operators find in thread-local state.
TEST(LogisticLoss, WorkersHaveTheStateOfTheThreadThatCalls) {
    const Features rows = many_rows();
    const auto self = dist::make_self_communicator();
    const LogisticLoss loss(rows.values, rows.labels, 2500, 3, 1e-2, *self);
    const at::Tensor parameters = torch::zeros({3 * 3001}, torch::kFloat64);
    at::Tensor gradient = torch::zeros_like(parameters);
    const int threads = at::get_num_threads();
    at::set_num_threads(2);
    const at::CallbackHandle observer = at::addThreadLocalCallback(
        at::RecordFunctionCallback([](const at::RecordFunction& call) -> std::unique_ptr<at::ObserverContext> {
            products += std::string_view(call.name()) == "aten::mm" ? 1 : 0;
            return nullptr;
        }));
    loss(parameters, gradient);
    at::removeCallback(observer);
    at::set_num_threads(threads);
    EXPECT_EQ(products, 2 * 3); // two a chunk
}

TEST(LogisticRegression, ReachesScikitLearnsOptimum) {
    const auto fixture = nlohmann::json::parse(read_file(fixtures_folder() + "/eval/logistic.json"));
    const Features features{matrix(fixture.at("features"), torch::kFloat32),
                            torch::tensor(fixture.at("labels").get<std::vector<std::int64_t>>())};
    LinearOptions options;
    options.iterations = 500;
    options.tolerance = 1e-12;
    const auto self = dist::make_self_communicator();
    const LinearClassifier found = fit_logistic(features, 3, fixture.at("l2").get<double>(), options, *self);
    const at::Tensor probabilities = torch::softmax(found.logits(features.values), 1);
    EXPECT_LT((probabilities - matrix(fixture.at("probabilities"), torch::kFloat32)).abs().max().item<float>(), 2e-4F);
    EXPECT_LT((found.weight - matrix(fixture.at("weight"), torch::kFloat32)).abs().max().item<float>(), 2e-3F);
}

TEST(LinearProbe, SeparatesSeparableClassesCompletely) {
    const auto self = dist::make_self_communicator();
    const LinearProbeResult result = linear_probe(triangle(300, 0.1, 1), triangle(90, 0.1, 2), {}, *self);
    EXPECT_EQ(result.test_accuracy, 1.0);
    EXPECT_EQ(result.holdout_accuracy, 1.0);
}

TEST(LinearProbe, DoesNotDependOnTheScaleOfTheFeatures) {
    const auto self = dist::make_self_communicator();
    Features train = triangle(300, 1.5, 1);
    Features test = triangle(300, 1.5, 2);
    const double plain = linear_probe(train, test, {}, *self).test_loss;
    train.values = train.values * 1000 + 7;
    test.values = test.values * 1000 + 7;
    EXPECT_NEAR(linear_probe(train, test, {}, *self).test_loss, plain, 1e-3);
}

TEST(LinearProbe, LeavesUnlabelledRowsOut) {
    const auto self = dist::make_self_communicator();
    Features train = triangle(300, 0.1, 1);
    const Features junk{torch::full({50, 2}, 2.0F), torch::full({50}, -1, torch::kInt64)};
    const double clean = linear_probe(train, triangle(90, 0.1, 2), {}, *self).test_loss;
    train = {torch::cat({train.values, junk.values}), torch::cat({train.labels, junk.labels})};
    EXPECT_NEAR(linear_probe(train, triangle(90, 0.1, 2), {}, *self).test_loss, clean, 1e-6);
}

TEST(LinearProbe, ToleratesAConstantFeature) {
    const auto self = dist::make_self_communicator();
    Features train = triangle(300, 0.1, 1);
    Features test = triangle(90, 0.1, 2);
    train.values = torch::cat({train.values, torch::full({300, 1}, 3.0F)}, 1);
    test.values = torch::cat({test.values, torch::full({90, 1}, 3.0F)}, 1);
    EXPECT_EQ(linear_probe(train, test, {}, *self).test_accuracy, 1.0);
}

/// Two classes that one of 60 features tells apart, mostly: few rows, so that a weak penalty fits the noise.
Features faint(std::int64_t count, std::uint64_t seed) {
    torch::manual_seed(seed);
    const at::Tensor labels = torch::arange(count, torch::kInt64).remainder(2);
    at::Tensor values = torch::randn({count, 60});
    values.select(1, 0) += labels.to(torch::kFloat32) * 2 - 1;
    return {values, labels};
}

TEST(LinearProbe, ChoosesTheStrengthThatIsBestOnTheHeldOutRows) {
    const auto self = dist::make_self_communicator();
    const Features train = faint(120, 3);
    const Features test = faint(400, 4);
    LinearOptions options;
    options.iterations = 200;
    std::map<double, LinearProbeResult> alone;
    for (const double l2 : {1e-6, 1.0}) {
        options.l2 = {l2};
        alone[l2] = linear_probe(train, test, options, *self);
    }
    ASSERT_GT(alone[1.0].holdout_accuracy, alone[1e-6].holdout_accuracy);
    options.l2 = {1e-6, 1.0};
    const LinearProbeResult chosen = linear_probe(train, test, options, *self);
    EXPECT_EQ(chosen.l2, 1.0);
    EXPECT_EQ(chosen.holdout_accuracy, alone[1.0].holdout_accuracy);
    EXPECT_NEAR(chosen.test_loss, alone[1.0].test_loss, 1e-3);
    EXPECT_LT(chosen.test_loss, alone[1e-6].test_loss);
}

TEST(LinearProbe, OneImageAClassLeavesNothingToChooseTheStrengthOn) {
    const auto self = dist::make_self_communicator();
    const std::string message =
        message_of<ConfigError>([&] { linear_probe(triangle(3, 0.1, 1), triangle(30, 0.1, 2), {}, *self); });
    EXPECT_NE(message.find("no class has two training images"), std::string::npos) << message;
    LinearOptions options;
    options.l2 = {1e-3};
    const LinearProbeResult result = linear_probe(triangle(3, 0.1, 1), triangle(30, 0.1, 2), options, *self);
    EXPECT_EQ(result.l2, 1e-3);
    EXPECT_EQ(result.test_accuracy, 1.0);
    EXPECT_TRUE(std::isnan(result.holdout_accuracy));
}

TEST(LinearProbe, RefusesASplitWithoutLabels) {
    const auto self = dist::make_self_communicator();
    Features test = triangle(30, 0.1, 2);
    test.labels.fill_(-1);
    EXPECT_THROW(linear_probe(triangle(30, 0.1, 1), test, {}, *self), DataError);
}

} // namespace
} // namespace tacit::eval
