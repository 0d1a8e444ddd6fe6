// SPDX-License-Identifier: Apache-2.0
// Sparse and contractive autoencoders.
#include "models/losses/contraction.hpp"
#include "models/losses/sparsity.hpp"
#include "models/pretext/pretext.hpp"
#include "pipeline/base/error.hpp"
#include "tests/models/finite_differences.hpp"
#include "tests/models/fixture.hpp"
#include "tests/models/pretext_inputs.hpp"
#include "tests/models/wave.hpp"

#include <gtest/gtest.h>

#include <cmath>

namespace tacit::models {
namespace {

constexpr augment::ImageShape kPenaltyShape{16, 16, 3};

PretextInput penalty_input(std::int64_t count, at::ScalarType type = torch::kFloat) {
    return converted(synthetic_input({}, 0, count, 0, count), type);
}

std::string penalty_refusal(const std::string& pretext, const std::string& model) {
    const auto comm = dist::make_self_communicator();
    try {
        build_pretext(pretext, model, kPenaltyShape, *comm, 1);
    } catch (const ConfigError& error) {
        return error.what();
    }
    return "";
}

void expect_sparsity(at::ScalarType type, double limit) {
    const auto comm = dist::make_self_communicator();
    const auto oracle = method_fixture("sparse_autoencoder");
    const auto before = (2 * wave({6, 7}, 0.83, 0.2) - 1).to(type).requires_grad_();
    const auto kl = kl_sparsity_share(before.sigmoid(), 0.05, 6, *comm);
    EXPECT_LT(relative_difference(kl.detach(), oracle.at("kl")), limit);
    EXPECT_LT(relative_difference(torch::autograd::grad({kl}, {before})[0], oracle.at("kl_gradient")), limit);
    const auto l1 = l1_activation_share(before.tanh(), 6);
    EXPECT_LT(relative_difference(l1.detach(), oracle.at("l1")), limit);
    EXPECT_LT(relative_difference(torch::autograd::grad({l1}, {before})[0], oracle.at("l1_gradient")), limit);
}

TEST(Sparsity, PenaltiesAreTorchsInFloat64) {
    expect_sparsity(torch::kDouble, 1e-10);
}

TEST(Sparsity, PenaltiesAreTorchsInFloat32) {
    expect_sparsity(torch::kFloat, 1e-5);
}

TEST(Sparsity, UnitsAtRhoCostNothingAndDeadOrSaturatedOnesStayFinite) {
    const auto comm = dist::make_self_communicator();
    EXPECT_NEAR(kl_sparsity_share(torch::full({4, 3}, 0.05, torch::kDouble), 0.05, 4, *comm).item<double>(), 0, 1e-15);
    for (const double level : {0.0, 1.0}) {
        const auto units = torch::full({4, 3}, level).requires_grad_();
        const auto loss = kl_sparsity_share(units, 0.05, 4, *comm);
        loss.backward();
        EXPECT_TRUE(loss.isfinite().item<bool>());
        EXPECT_TRUE(units.grad().isfinite().all().item<bool>());
    }
}

TEST(Sparsity, MetricsCountValuesAndUnits) {
    const auto comm = dist::make_self_communicator();
    const auto units = torch::tensor({{0.9, 0.1, 0.0, 0.0}, {0.6, 0.2, 0.7, 0.0}});
    EXPECT_NEAR(mean_activation_share(units, 2).item<double>(), 2.5 / 8, 1e-6);
    EXPECT_DOUBLE_EQ(active_share(units, 0.5, 2).item<double>(), 3.0 / 8);
    EXPECT_DOUBLE_EQ(used_units_share(units, 0.5, *comm).item<double>(), 2.0 / 4);
}

TEST(SparseAutoencoder, LossIsReconstructionPlusWeightTimesPenalty) {
    const auto comm = dist::make_self_communicator();
    for (const auto* yaml : {"{name: sparse_autoencoder, bottleneck: 20, weight: 0.5}",
                             "{name: sparse_autoencoder, sparsity: l1, bottleneck: 20, weight: 0.5}"}) {
        const auto pretext = build_pretext(yaml, "{backbone: convnet, width: 4}", kPenaltyShape, *comm, 5);
        pretext->eval();
        const auto input = penalty_input(8);
        const auto result = pretext->loss(input);
        const auto error =
            (pretext->codes()->decode(pretext->codes()->encode(input.views[0])) - input.views[0]).square().sum() / 2 /
            8;
        const double reconstruction = result.metrics.at("reconstruction").item<double>();
        EXPECT_NEAR(reconstruction, error.item<double>(), 1e-4 * reconstruction);
        EXPECT_GT(result.metrics.at("sparsity").item<double>(), 0);
        EXPECT_NEAR(result.loss.item<double>(), reconstruction + 0.5 * result.metrics.at("sparsity").item<double>(),
                    1e-5 * reconstruction);
    }
}

TEST(SparseAutoencoder, TheDivergenceDrivesMeanActivationsToRho) {
    const auto comm = dist::make_self_communicator();
    const auto pretext = build_pretext("{name: sparse_autoencoder, bottleneck: 20, weight: 300, rho: 0.1}",
                                       "{backbone: convnet, width: 4}", kPenaltyShape, *comm, 5);
    const auto input = penalty_input(16);
    EXPECT_NEAR(pretext->loss(input).metrics.at("mean_activation").item<double>(), 0.5, 0.1);
    for (int step = 0; step < 120; ++step) {
        for (auto& parameter : pretext->parameters()) {
            parameter.mutable_grad().reset();
        }
        pretext->loss(input).loss.backward();
        const torch::NoGradGuard no_gradient;
        for (auto& parameter : pretext->parameters()) {
            parameter.sub_(parameter.grad().sign(), 2e-3);
        }
    }
    EXPECT_NEAR(pretext->loss(input).metrics.at("mean_activation").item<double>(), 0.1, 0.03);
}

TEST(SparseAutoencoder, RefusesUnitsThatAreNoProbabilities) {
    for (const auto* yaml :
         {"{name: sparse_autoencoder, code_activation: relu}", "{name: sparse_autoencoder, bottleneck: 0}"}) {
        EXPECT_NE(penalty_refusal(yaml, "{backbone: convnet, width: 4}").find("pretext.sparsity: kl needs units"),
                  std::string::npos)
            << yaml;
    }
    EXPECT_EQ(penalty_refusal("{name: sparse_autoencoder, bottleneck: 0, code_activation: none}",
                              "{backbone: mlp, hidden: [9], norm: none, activation: sigmoid}"),
              "");
}

void expect_contraction(at::ScalarType type, double limit) {
    const auto oracle = method_fixture("contractive_autoencoder");
    const auto images = wave({4, 12}, 0.61, 0.3).to(type).requires_grad_();
    const auto parameter = [&](const at::Tensor& values) { return values.to(type).requires_grad_(); };
    const auto weight = parameter(0.5 * wave({3, 12}, 1.37, 0.1));
    const auto bias = parameter(0.1 * wave({3}, 1.37, 0.2));
    const auto code = torch::linear(images, weight, bias).sigmoid();
    for (const auto& norm : {sigmoid_contraction(code, weight), exact_contraction(code, images)}) {
        EXPECT_LT(relative_difference(norm.detach(), oracle.at("one")), limit);
        const auto gradients = torch::autograd::grad({norm.mean()}, {weight, bias}, {}, /*retain_graph=*/true);
        EXPECT_LT(relative_difference(gradients[0], oracle.at("weight_gradient")), limit);
        EXPECT_LT(relative_difference(gradients[1], oracle.at("bias_gradient")), limit);
    }
    const auto first = parameter(0.5 * wave({6, 12}, 1.37, 0.4));
    const auto second = parameter(0.5 * wave({3, 6}, 1.37, 0.7));
    const auto deep = torch::linear(torch::linear(images, first).tanh(), second).sigmoid();
    const auto norm = exact_contraction(deep, images);
    EXPECT_LT(relative_difference(norm.detach(), oracle.at("deep")), limit);
    const auto gradients = torch::autograd::grad({norm.mean()}, {first, second});
    EXPECT_LT(relative_difference(gradients[0], oracle.at("first_gradient")), limit);
    EXPECT_LT(relative_difference(gradients[1], oracle.at("second_gradient")), limit);
}

TEST(Contraction, IsThatOfTheFullJacobianInFloat64) {
    expect_contraction(torch::kDouble, 1e-10);
}

TEST(Contraction, IsThatOfTheFullJacobianInFloat32) {
    expect_contraction(torch::kFloat, 1e-5);
}

TEST(Contraction, ProjectionsAlongSignsOfAllKindsAverageToTheNorm) {
    // Over all 2^3 directions of signs the mean of |J^T v|^2 is |J|^2 exactly.
    const auto images = wave({4, 12}, 0.61, 0.3).requires_grad_();
    const auto code = torch::linear(torch::linear(images, wave({6, 12}, 1.37, 0.4)).tanh(), wave({3, 6}, 1.37, 0.7));
    at::Tensor sum = torch::zeros({4}, torch::kDouble);
    for (int signs = 0; signs < 8; ++signs) {
        const auto direction =
            torch::tensor({signs & 1 ? 1.0 : -1.0, signs & 2 ? 1.0 : -1.0, signs & 4 ? 1.0 : -1.0}, torch::kDouble);
        sum = sum + projected_contraction(code, images, direction.expand({4, 3})).detach();
    }
    EXPECT_LT(relative_difference(sum / 8, exact_contraction(code, images).detach()), 1e-12);
}

TEST(ContractiveAutoencoder, ClosedFormExactNormAndManyProbesAgree) {
    const auto comm = dist::make_self_communicator();
    const std::string model = "{backbone: mlp, hidden: [10], norm: none, activation: sigmoid}";
    const auto jacobian = [&](const std::string& options) {
        const auto pretext =
            build_pretext("{name: contractive_autoencoder, " + options + "}", model, kPenaltyShape, *comm, 5);
        pretext->to(torch::kDouble);
        return pretext->loss(penalty_input(8, torch::kDouble)).metrics.at("jacobian").item<double>();
    };
    const double closed = jacobian("jacobian: closed");
    EXPECT_NEAR(jacobian("jacobian: exact"), closed, 1e-10 * closed);
    EXPECT_DOUBLE_EQ(jacobian("jacobian: auto"), closed);
    EXPECT_NEAR(jacobian("jacobian: estimate, probes: 400"), closed, 0.1 * closed);
    EXPECT_NE(jacobian("jacobian: estimate"), closed);
}

TEST(ContractiveAutoencoder, PenaltyOfADeepEncoderReachesItsWeights) {
    const auto comm = dist::make_self_communicator();
    for (const auto* model :
         {"{backbone: convnet, width: 4, norm: group}", "{backbone: resnet18, width: 4, norm: group}",
          "{backbone: vgg11, width: 4, norm: none}"}) {
        SCOPED_TRACE(model);
        const augment::ImageShape shape{32, 32, 3};
        const auto pretext = build_pretext("{name: contractive_autoencoder, weight: 1}", model, shape, *comm, 5);
        auto input = converted(synthetic_input({}, 0, 4, 0, 4, 32), torch::kFloat);
        pretext->backbone().begin_step(input.at, input.ids);
        const auto result = pretext->loss(input);
        result.loss.backward();
        EXPECT_GT(result.metrics.at("jacobian").item<double>(), 0);
        for (const auto& parameter : pretext->backbone().parameters()) {
            EXPECT_TRUE(parameter.grad().isfinite().all().item<bool>());
        }
    }
}

TEST(ContractiveAutoencoder, ThePenaltyShrinksTheJacobian) {
    const auto comm = dist::make_self_communicator();
    const auto trained = [&](const std::string& weight) {
        const auto pretext =
            build_pretext("{name: contractive_autoencoder, jacobian: exact, bottleneck: 3, weight: " + weight + "}",
                          "{backbone: mlp, hidden: [16], norm: none, activation: tanh}", kPenaltyShape, *comm, 5);
        const auto input = penalty_input(16);
        for (int step = 0; step < 60; ++step) {
            for (auto& parameter : pretext->parameters()) {
                parameter.mutable_grad().reset();
            }
            pretext->loss(input).loss.backward();
            const torch::NoGradGuard no_gradient;
            for (auto& parameter : pretext->parameters()) {
                if (parameter.grad().defined()) {
                    parameter.sub_(parameter.grad().sign(), 1e-3);
                }
            }
        }
        return pretext->loss(input).metrics.at("jacobian").item<double>();
    };
    EXPECT_LT(trained("100"), 0.5 * trained("0"));
}

TEST(ContractiveAutoencoder, RefusesBatchNormAttentionAndAClosedFormThatDoesNotHold) {
    EXPECT_NE(penalty_refusal("{name: contractive_autoencoder}", "{backbone: convnet, width: 4}")
                  .find("pretext.name: contractive_autoencoder needs an encoder without batch norm"),
              std::string::npos);
    EXPECT_NE(penalty_refusal("{name: contractive_autoencoder}", "{backbone: vit_tiny, width: 24, heads: 3}")
                  .find("needs second derivatives"),
              std::string::npos);
    EXPECT_NE(penalty_refusal("{name: contractive_autoencoder, jacobian: closed}",
                              "{backbone: mlp, hidden: [10, 5], norm: none, activation: sigmoid}")
                  .find("pretext.jacobian"),
              std::string::npos);
}

} // namespace
} // namespace tacit::models
