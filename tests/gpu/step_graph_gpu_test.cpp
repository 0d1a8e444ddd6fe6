// SPDX-License-Identifier: Apache-2.0
// Steps that are recorded as a CUDA graph are those that are not.
#include "pipeline/train/step/step_graph.hpp"

#include "dist/backends/nccl_communicator.hpp"
#include "models/pretext/list.hpp"
#include "pipeline/base/log.hpp"
#include "pipeline/train/step/cuda_graph.hpp"
#include "pipeline/train/step/trainer.hpp"
#include "tests/gpu/gpu_test.hpp"
#include "tests/message_of.hpp"
#include "tests/pipeline/train/pretrain_fixture.hpp"

#include <torch/types.h>

#include <algorithm>
#include <cmath>

namespace tacit::train {
namespace {

constexpr double kTolerance = 1e-4; ///< of losses, relative: some gradients are added up in any order

/// Waits for the device in loss(), which no recording survives.
class Waiting : public models::Pretext {
  public:
    explicit Waiting(const models::PretextParts& parts) : Pretext(parts) {}
    models::ViewNeeds needs() const override { return {}; }
    bool replayable() const override { return true; }
    models::PretextLoss loss(const models::PretextInput& input) override {
        const at::Tensor output = backbone().forward(input.views.front());
        const double size = output.detach().abs().mean().item<double>();
        return {output.square().mean() * (1 + size) / static_cast<double>(input.global_count)};
    }
};

[[maybe_unused]] const bool kWaitingAdded =
    (models::add_pretext(models::make_entry<Waiting>("waiting", "autoencoder")), true);

class StepGraphGpuTest : public PretrainFixture {
  protected:
    void SetUp() override { GpuTest::require(); }
    StepGraphGpuTest() { make_gpu_graph = make_cuda_graph; }
    ~StepGraphGpuTest() override { make_gpu_graph = nullptr; }
    StepGraphGpuTest(const StepGraphGpuTest&) = delete;
    StepGraphGpuTest& operator=(const StepGraphGpuTest&) = delete;

    /// Losses of 20 steps on the GPU.
    std::vector<double> losses(const std::string& pretext, std::vector<std::string> changes) {
        changes.emplace_back("train.device=cuda");
        if (pretext == "triplet") { // the choice of a semi-hard negative jumps where two are nearly as close
            changes.emplace_back("pretext.negatives=random");
        }
        config::Document document = tiny_config(data_, pretext, changes);
        Experiment experiment = build_experiment(document, *comm_);
        Trainer trainer(experiment, *comm_);
        std::vector<double> losses;
        for (int step = 0; step < 20; ++step) {
            losses.push_back(trainer.step().loss);
        }
        return losses;
    }

    /// The largest relative difference of two courses.
    static double difference(const std::vector<double>& a, const std::vector<double>& b) {
        double worst = 0;
        for (std::size_t i = 0; i < a.size(); ++i) {
            worst = std::max(worst, std::abs(a[i] - b[i]) / std::abs(b[i]));
        }
        return worst;
    }

    void expect_same_course(const std::string& pretext, std::vector<std::string> changes, double tolerance) {
        changes.emplace_back("train.cuda_graph=off");
        const std::vector<double> expected = losses(pretext, changes);
        changes.back() = "train.cuda_graph=on"; // a failure to record is an error
        EXPECT_LE(difference(losses(pretext, changes), expected), tolerance) << pretext;
    }
};

TEST_F(StepGraphGpuTest, RecordedStepsOfEveryPretextThatSaysSoHaveTheLossesOfOthers) {
    const auto self = dist::make_self_communicator();
    for (const models::PretextEntry& entry : models::pretexts()) {
        config::Document document = tiny_config(data_, entry.name, {"train.device=cpu"});
        if (std::string(entry.name) != "waiting" && build_experiment(document, *self).pretext->replayable()) {
            expect_same_course(entry.name, {"optim.lr=0.001"}, kTolerance);
        }
    }
}

TEST_F(StepGraphGpuTest, SoHaveMicroBatchesInBfloat16) {
    expect_same_course("simclr", {"optim.lr=0.001", "train.accumulate=2", "train.precision=bf16"}, 1e-3);
}

TEST_F(StepGraphGpuTest, SoHasAVisionTransformer) {
    expect_same_course("autoencoder",
                       {"optim.lr=0.001", "model={backbone: vit_tiny, width: 24, depth: 2, heads: 3, patch: 4}"},
                       kTolerance);
}

TEST_F(StepGraphGpuTest, SoHasOneRankOfNccl) {
    comm_ = dist::make_nccl_communicator(dist::make_self_communicator());
    expect_same_course("simclr", {"optim.lr=0.001"}, kTolerance);
}

TEST_F(StepGraphGpuTest, AStepThatCannotBeRecordedGoesOnWithOneWarning) {
    const std::vector<double> expected = losses("waiting", {"train.cuda_graph=off"});
    const log::HeardWarnings heard(/*alone=*/true);
    EXPECT_LE(difference(losses("waiting", {"train.cuda_graph=auto"}), expected), kTolerance);
    EXPECT_EQ(heard.lines().size(), 1);
    EXPECT_NE(message_of<Error>([&] { losses("waiting", {"train.cuda_graph=on"}); }).find("cannot be recorded"),
              std::string::npos);
    torch::rand({4}, at::kCUDA); // random numbers are drawn as ever
    expect_same_course("simclr", {"optim.lr=0.001"}, kTolerance);
}

} // namespace
} // namespace tacit::train
