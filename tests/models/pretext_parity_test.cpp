// SPDX-License-Identifier: Apache-2.0
// The sum over ranks equals one rank with the whole batch: every rank also computes the whole batch alone and compares.
#include "tests/models/pretext_inputs.hpp"
#include "tests/models/wave.hpp"
#include "tests/mpi_main.hpp"

#include <algorithm>
#include <gtest/gtest.h>

namespace tacit::models {
namespace {

constexpr std::int64_t kBatch = 16;
constexpr augment::ImageShape kShape{16, 16, 3};

struct StepResult {
    double loss = 0;
    std::map<std::string, double> metrics;
};

/// One learner: a pretext on a communicator, fed this rank's slice of each global batch.
class Learner {
  public:
    Learner(const std::string& yaml, dist::Communicator& comm, at::ScalarType type, const std::string& model = "")
        : comm_(&comm), type_(type),
          pretext_(build_pretext(yaml, model.empty() ? model_for(yaml) : model, kShape, comm, 5)) {
        pretext_->to(type);
    }

    /// Where an image may not see others through batch norm, none.
    static std::string model_for(const std::string& yaml) {
        const bool batch = yaml.find("contractive") == std::string::npos;
        return batch ? "{backbone: convnet, width: 4}" : "{backbone: convnet, width: 4, norm: group}";
    }

    /// Loss, metrics and gradients of step `step`, summed over ranks.
    StepResult gradients(std::int64_t step) {
        const auto share = kBatch / comm_->size();
        const auto begin = comm_->rank() * share;
        const auto input = converted(synthetic_input(pretext_->needs(), step, kBatch, begin, begin + share), type_);
        for (auto& parameter : pretext_->parameters()) {
            parameter.mutable_grad().reset();
        }
        pretext_->backbone().begin_step(input.at, input.ids);
        const auto loss = pretext_->loss(input);
        loss.loss.backward();
        for (auto& parameter : trained()) {
            auto gradient = parameter.grad().contiguous();
            comm_->all_reduce_sum(gradient);
            parameter.mutable_grad() = gradient;
        }
        StepResult result{summed(loss.loss.item<double>()), {}};
        for (const auto& [name, value] : loss.metrics) {
            result.metrics[name] = summed(value.item<double>());
        }
        return result;
    }

    void step(double lr) {
        const torch::NoGradGuard no_grad;
        for (auto& parameter : trained()) {
            parameter.sub_(parameter.grad(), lr);
        }
        pretext_->after_step({});
    }

    Pretext& pretext() { return *pretext_; }

    /// All parameters, and all gradients, as one vector.
    at::Tensor parameters() const {
        return flat([](const at::Tensor& parameter) { return parameter.detach(); });
    }
    at::Tensor gradient() const {
        return flat([](const at::Tensor& parameter) { return parameter.grad(); });
    }

  private:
    std::vector<at::Tensor> trained() const {
        std::vector<at::Tensor> parameters = pretext_->parameters();
        std::erase_if(parameters, [](const at::Tensor& parameter) { return !parameter.requires_grad(); });
        return parameters;
    }

    template <class Part> at::Tensor flat(Part part) const {
        std::vector<at::Tensor> parts;
        for (const auto& parameter : trained()) {
            parts.push_back(part(parameter).to(torch::kDouble).flatten());
        }
        return torch::cat(parts);
    }

    double summed(double value) {
        auto tensor = torch::tensor({value}, torch::kDouble);
        comm_->all_reduce_sum(tensor);
        return tensor.item<double>();
    }

    dist::Communicator* comm_;
    at::ScalarType type_;
    std::shared_ptr<Pretext> pretext_;
};

struct Case {
    const char* name;
    const char* yaml;
};

void PrintTo(const Case& value, std::ostream* out) {
    *out << value.yaml;
}

/// |a - b| / |b|.
double relative_norm(const at::Tensor& a, const at::Tensor& b) {
    const auto reference = b.to(torch::kDouble);
    return (a.to(torch::kDouble) - reference).norm().item<double>() / std::max(reference.norm().item<double>(), 1e-30);
}

class PretextParity : public testing::TestWithParam<Case> {
  protected:
    /// Larger steps meet the kinks of ReLU and hinge, where float32 rounding switches sides. Losses that are sums over
    /// pixels have gradients as much larger.
    static double step_size() {
        const std::string yaml = GetParam().yaml;
        const bool sum = yaml.find("{name: vae") == 0 || yaml.find("_autoencoder") != std::string::npos;
        return sum ? 1e-6 : 5e-4;
    }

    Learner after_ten_steps(dist::Communicator& comm, at::ScalarType type) {
        Learner learner(GetParam().yaml, comm, type);
        for (std::int64_t step = 0; step < 10; ++step) {
            learner.gradients(step);
            learner.step(step_size());
        }
        return learner;
    }

    std::unique_ptr<dist::Communicator> self_ = dist::make_self_communicator();
};

TEST_P(PretextParity, LossAndGradientsAreThoseOfTheWholeBatchInFloat64) {
    Learner ranks(GetParam().yaml, dist::world(), torch::kDouble);
    Learner alone(GetParam().yaml, *self_, torch::kDouble);
    const auto expected = alone.gradients(0);
    const auto result = ranks.gradients(0);
    EXPECT_NEAR(result.loss, expected.loss, 1e-12 * std::abs(expected.loss));
    for (const auto& [name, value] : expected.metrics) {
        EXPECT_NEAR(result.metrics.at(name), value, 1e-12 * std::max(1.0, std::abs(value))) << name;
    }
    EXPECT_LT(relative_norm(ranks.gradient(), alone.gradient()), 1e-12);
}

TEST_P(PretextParity, LossAndGradientsAreThoseOfTheWholeBatchInFloat32) {
    Learner ranks(GetParam().yaml, dist::world(), torch::kFloat);
    Learner alone(GetParam().yaml, *self_, torch::kFloat);
    const double expected = alone.gradients(0).loss;
    EXPECT_NEAR(ranks.gradients(0).loss, expected, 1e-5 * std::abs(expected));
    EXPECT_LT(relative_norm(ranks.gradient(), alone.gradient()), 1e-5);
}

TEST_P(PretextParity, TenStepsEndWithTheParametersAndStatisticsOfTheWholeBatchInFloat64) {
    auto ranks = after_ten_steps(dist::world(), torch::kDouble);
    auto alone = after_ten_steps(*self_, torch::kDouble);
    EXPECT_LT(relative_norm(ranks.parameters(), alone.parameters()), 1e-12);
    const auto buffers = ranks.pretext().named_buffers();
    for (const auto& item : alone.pretext().named_buffers()) {
        EXPECT_LT(relative_norm(buffers[item.key()], item.value()), 1e-12) << item.key();
    }
}

TEST_P(PretextParity, TenStepsEndWithTheParametersAndStatisticsOfTheWholeBatchInFloat32) {
    auto ranks = after_ten_steps(dist::world(), torch::kFloat);
    auto alone = after_ten_steps(*self_, torch::kFloat);
    EXPECT_LT(relative_norm(ranks.parameters(), alone.parameters()), 1e-5);
    const auto buffers = ranks.pretext().named_buffers();
    for (const auto& item : alone.pretext().named_buffers()) {
        EXPECT_LT(relative_norm(buffers[item.key()], item.value()), 1e-5) << item.key();
    }
}

INSTANTIATE_TEST_SUITE_P(
    All, PretextParity,
    testing::Values(
        Case{"contrastive_pairs", "{name: contrastive_pairs, margin: 1.4}"},
        Case{"triplet_hard", "{name: triplet, distance: squared_euclidean, negatives: hard, margin: 5}"},
        Case{"autoencoder", "{name: autoencoder}"}, Case{"autoencoder_map", "{name: autoencoder, code: map}"},
        Case{"byol", "{name: byol, projector: [32, 16]}"}, Case{"colorization", "{name: colorization}"},
        Case{"colorization_regression", "{name: colorization, target: regression}"},
        Case{"colorization_rgb", "{name: colorization, target: rgb}"},
        Case{"context_encoder", "{name: context_encoder}"},
        Case{"context_encoder_adversarial",
             "{name: context_encoder, adversarial: 0.3, discriminator_width: 4, channelwise: true}"},
        Case{"context_encoder_spectral", "{name: context_encoder, adversarial: 0.3, discriminator_width: 4, "
                                         "discriminator: image, spectral_norm: true}"},
        Case{"masked_autoencoder", "{name: masked_autoencoder}"}, Case{"split_brain", "{name: split_brain}"},
        Case{"context_encoder_overlap", "{name: context_encoder, overlap: 1, code: pooled}"},
        Case{"autoencoder_l1", "{name: autoencoder, loss: l1, bottleneck: 10}"},
        Case{"contractive", "{name: contractive_autoencoder, probes: 2, weight: 0.001}"},
        Case{"rotnet", "{name: rotnet}"}, Case{"sparse", "{name: sparse_autoencoder, bottleneck: 40}"},
        Case{"sparse_l1", "{name: sparse_autoencoder, sparsity: l1, bottleneck: 40}"}, Case{"simclr", "{name: simclr}"},
        Case{"triplet", "{name: triplet}"},
        Case{"triplet_cosine_random", "{name: triplet, distance: cosine, negatives: random}"},
        Case{"vae", "{name: vae, latent: 8}"},
        Case{"vae_free_bits", "{name: vae, latent: 8, free_bits: 0.3, beta: 4}"}),
    [](const testing::TestParamInfo<Case>& tested) { return std::string(tested.param.name); });

class NetworkParity : public testing::TestWithParam<Case> {};

/// In float64 alone: over fifty batch norms float32 rounding grows until it switches ReLUs.
TEST_P(NetworkParity, StepsAreThoseOfTheWholeBatch) {
    const auto self = dist::make_self_communicator();
    for (const char* pretext : {"{name: simclr}", "{name: autoencoder}", "{name: context_encoder}"}) {
        SCOPED_TRACE(pretext);
        Learner ranks(pretext, dist::world(), torch::kDouble, GetParam().yaml);
        Learner alone(pretext, *self, torch::kDouble, GetParam().yaml);
        for (std::int64_t step = 0; step < 2; ++step) {
            const auto expected = alone.gradients(step);
            EXPECT_NEAR(ranks.gradients(step).loss, expected.loss, 1e-10 * std::abs(expected.loss));
            EXPECT_LT(relative_norm(ranks.gradient(), alone.gradient()), 1e-8);
            ranks.step(5e-4);
            alone.step(5e-4);
        }
        EXPECT_LT(relative_norm(ranks.parameters(), alone.parameters()), 1e-10);
    }
}

INSTANTIATE_TEST_SUITE_P(
    Networks, NetworkParity,
    testing::Values(Case{"resnet50", "{backbone: resnet50, width: 4}"},
                    Case{"resnet50_checkpoint", "{backbone: resnet50, width: 4, checkpoint: true}"},
                    Case{"resnet50_group", "{backbone: resnet50, width: 4, norm: group}"},
                    Case{"vit", "{backbone: vit_tiny, width: 24, depth: 3, heads: 3, drop_path: 0.4, registers: 1}"},
                    Case{"vit_checkpoint", "{backbone: vit_tiny, width: 24, depth: 3, heads: 3, drop_path: 0.4, "
                                           "checkpoint: true}"}),
    [](const testing::TestParamInfo<Case>& tested) { return std::string(tested.param.name); });

} // namespace
} // namespace tacit::models
