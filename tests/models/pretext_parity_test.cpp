// SPDX-License-Identifier: Apache-2.0
// The sum over ranks equals one rank with the whole batch: every rank also computes the whole batch alone and compares.
#include "tests/models/pretext_inputs.hpp"
#include "tests/models/wave.hpp"
#include "tests/mpi_main.hpp"

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
    Learner(const std::string& yaml, dist::Communicator& comm, at::ScalarType type)
        : comm_(&comm), type_(type), pretext_(build_pretext(yaml, "{backbone: convnet, width: 4}", kShape, comm, 5)) {
        pretext_->to(type);
    }

    /// Loss, metrics and gradients of step `step`, summed over ranks.
    StepResult gradients(std::int64_t step) {
        const auto share = kBatch / comm_->size();
        const auto begin = comm_->rank() * share;
        const auto input = converted(synthetic_input(pretext_->needs(), step, kBatch, begin, begin + share), type_);
        for (auto& parameter : pretext_->parameters()) {
            parameter.mutable_grad().reset();
        }
        const auto loss = pretext_->loss(input);
        loss.loss.backward();
        for (auto& parameter : pretext_->parameters()) {
            auto gradient = parameter.grad().contiguous();
            comm_->all_reduce_sum(gradient);
            parameter.mutable_grad() = gradient;
        }
        StepResult result{summed(loss.loss.item<double>()), {}};
        for (const auto& [name, value] : loss.metrics) {
            result.metrics[name] = summed(value);
        }
        return result;
    }

    void step(double lr) {
        const torch::NoGradGuard no_grad;
        for (auto& parameter : pretext_->parameters()) {
            parameter.sub_(parameter.grad(), lr);
        }
    }

    Pretext& pretext() { return *pretext_; }

  private:
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

class PretextParity : public testing::TestWithParam<Case> {
  protected:
    void expect_same_gradients(Learner& ranks, Learner& alone, double tolerance) {
        const auto expected = alone.gradients(0);
        const auto result = ranks.gradients(0);
        EXPECT_NEAR(result.loss, expected.loss, tolerance * std::abs(expected.loss));
        for (const auto& [name, value] : expected.metrics) {
            EXPECT_NEAR(result.metrics.at(name), value, tolerance) << name;
        }
        const auto parameters = ranks.pretext().named_parameters();
        for (const auto& item : alone.pretext().named_parameters()) {
            EXPECT_LT(relative_difference(parameters[item.key()].grad(), item.value().grad()), tolerance) << item.key();
        }
    }

    void expect_same_state(Learner& ranks, Learner& alone, double tolerance) {
        const auto parameters = ranks.pretext().named_parameters();
        for (const auto& item : alone.pretext().named_parameters()) {
            EXPECT_LT(relative_difference(parameters[item.key()], item.value()), tolerance) << item.key();
        }
        const auto buffers = ranks.pretext().named_buffers();
        for (const auto& item : alone.pretext().named_buffers()) {
            EXPECT_LT(relative_difference(buffers[item.key()], item.value()), tolerance) << item.key();
        }
    }

    std::unique_ptr<dist::Communicator> self_ = dist::make_self_communicator();
};

TEST_P(PretextParity, LossAndGradientsAreThoseOfTheWholeBatchInFloat64) {
    Learner ranks(GetParam().yaml, dist::world(), torch::kDouble);
    Learner alone(GetParam().yaml, *self_, torch::kDouble);
    expect_same_gradients(ranks, alone, 1e-9);
}

TEST_P(PretextParity, LossAndGradientsAreThoseOfTheWholeBatchInFloat32) {
    Learner ranks(GetParam().yaml, dist::world(), torch::kFloat);
    Learner alone(GetParam().yaml, *self_, torch::kFloat);
    expect_same_gradients(ranks, alone, 1e-5);
}

TEST_P(PretextParity, TenStepsEndWithTheParametersAndStatisticsOfTheWholeBatch) {
    Learner ranks(GetParam().yaml, dist::world(), torch::kFloat);
    Learner alone(GetParam().yaml, *self_, torch::kFloat);
    for (std::int64_t step = 0; step < 10; ++step) {
        for (auto* learner : {&ranks, &alone}) {
            learner->gradients(step);
            learner->step(0.01);
        }
    }
    expect_same_state(ranks, alone, 1e-5);
}

INSTANTIATE_TEST_SUITE_P(
    All, PretextParity,
    testing::Values(Case{"autoencoder", "{name: autoencoder}"},
                    Case{"autoencoder_map", "{name: autoencoder, code: map}"},
                    Case{"context_encoder", "{name: context_encoder}"},
                    Case{"context_encoder_overlap", "{name: context_encoder, overlap: 1, code: pooled}"},
                    Case{"rotnet", "{name: rotnet}"}, Case{"simclr", "{name: simclr}"},
                    Case{"triplet", "{name: triplet}"},
                    Case{"triplet_cosine_random", "{name: triplet, distance: cosine, negatives: random}"}),
    [](const testing::TestParamInfo<Case>& tested) { return std::string(tested.param.name); });

} // namespace
} // namespace tacit::models
