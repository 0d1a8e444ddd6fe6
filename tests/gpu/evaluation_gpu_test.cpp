// SPDX-License-Identifier: Apache-2.0
// Judging a run on a GPU gives what the CPU gives.
#include "eval/evaluation.hpp"
#include "eval/solvers/finetune.hpp"
#include "models/modules.hpp"
#include "pipeline/train/machine/device.hpp"
#include "tests/eval/tiny_run.hpp"
#include "tests/gpu/gpu_test.hpp"

#include <torch/types.h>
#include <torch/utils.h>

#include <algorithm>
#include <filesystem>

namespace tacit::eval {
namespace {

constexpr double kTolerance = 1e-4; ///< of features of about 1, in fp32

double distance(const Features& a, const Features& b) {
    return (a.values - b.values).abs().max().item<double>() / std::max(1.0, a.values.abs().max().item<double>());
}

class EvaluationGpuTest : public TinyRunTest {
  protected:
    void SetUp() override {
        GpuTest::require();
        if (!IsSkipped()) {
            train::use_device(gpu_, /*exact=*/true);
        }
    }

    /// A residual network of batch norms of ours, with running statistics of a few batches.
    std::shared_ptr<models::Backbone> resnet(std::uint64_t seed) {
        torch::manual_seed(seed);
        auto document = config::Document::from_text("model: {backbone: resnet18, width: 8}", "test.yaml");
        auto backbone = models::make_backbone(document.root().section("model"), {kSide, kSide, 1}, *self_);
        const torch::NoGradGuard no_grad;
        for (int i = 0; i < 20; ++i) {
            backbone->forward(torch::randn({16, 1, kSide, kSide}));
        }
        models::prefer_channels_last(*backbone);
        return backbone;
    }

    FeatureOptions format(at::Device device) const {
        FeatureOptions options;
        options.size = kSide;
        options.mean = {0.3};
        options.std = {0.3};
        options.batch = 20; // the last one is smaller
        options.device = device;
        return options;
    }

    static constexpr int kSide = 32;
    at::Device gpu_{at::kCUDA, 0};
};

TEST_F(EvaluationGpuTest, FeaturesAreThoseOfTheCpu) {
    const shards::Dataset dataset = shards::Dataset::open(data(), "train");
    const auto backbone = resnet(1);
    const Features expected = backbone_features(*backbone, dataset, format(at::kCPU), *self_);
    backbone->to(gpu_);
    const Features actual = backbone_features(*backbone, dataset, format(gpu_), *self_);
    EXPECT_GT(expected.values.std(0).max().item<double>(), 0.01);
    EXPECT_TRUE(actual.values.is_cpu());
    EXPECT_LE(distance(expected, actual), kTolerance);
    EXPECT_TRUE(at::equal(actual.labels, expected.labels));
    EXPECT_TRUE(at::equal(actual.ids, expected.ids));
}

TEST_F(EvaluationGpuTest, ARunIsJudgedOnTheDeviceOfItsSetting) {
    train();
    train::LoadedRun loaded = train::load_run(run(), "last", *self_);
    const auto features = [&](const std::string& device) {
        std::filesystem::remove_all(run() + "/features"); // else those of the first time count
        EvalConfig config;
        config.device = device;
        const std::string path = Evaluation(loaded, config, *self_).embed("test");
        return *read_features(path, kept_features(run() + "/features").at(0).origin.key);
    };
    const Features expected = features("cpu");
    EXPECT_LE(distance(expected, features("cuda")), kTolerance);
    EXPECT_LE(distance(expected, features("train")), kTolerance); // auto
    for (const at::Tensor& parameter : loaded.backbone->parameters()) {
        EXPECT_TRUE(parameter.is_cpu());
    }
}

TEST_F(EvaluationGpuTest, FineTuningLearnsThereToo) {
    FinetuneOptions options;
    options.per_class = 6;
    options.draws = 1;
    options.epochs = 25;
    options.batch = 8;
    options.lrs = {1e-2};
    const shards::Dataset train = shards::Dataset::open(data(), "train"), test = shards::Dataset::open(data(), "test");
    const std::vector<FinetuneRow> rows = {
        {"supervised from scratch", [&](std::uint64_t seed) { return resnet(seed); }}};
    const auto results = finetune(rows, train, test, format(gpu_), options, *self_);
    EXPECT_GT(results.at(0).scores.at(0).value, 0.6); // chance is 0.25
}

} // namespace
} // namespace tacit::eval
