// SPDX-License-Identifier: Apache-2.0
// What the trainer carries for any pretext: steps that move nothing, metrics, updates, plans, moving averages.
#include "pipeline/train/step/trainer.hpp"

#include "models/losses/nt_xent.hpp"
#include "models/modules.hpp"
#include "models/pretext/list.hpp"
#include "pipeline/train/machine/signals.hpp"
#include "pipeline/train/state/checkpoint.hpp"
#include "pipeline/train/state/model_state.hpp"
#include "tests/message_of.hpp"
#include "tests/pipeline/train/pretrain_fixture.hpp"

#include <torch/nn/modules/linear.h>
#include <torch/types.h>
#include <torch/utils.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <stdexcept>

namespace tacit::train {
namespace {

/// A pretext that the tests spoil.
struct Spoiled {
    std::vector<std::int64_t> bad_steps = {}; ///< whose loss is not a number
    std::string extra = {};                   ///< a metric that is given
    std::vector<std::string> names = {};      ///< the metrics that are declared
    double metric = 1;                        ///< value of "extra"
    std::vector<std::int64_t> after = {};     ///< steps of after_step(), as they came
};

Spoiled& spoiled() {
    static Spoiled settings;
    return settings;
}

class SpoiledPretext : public models::Pretext {
  public:
    explicit SpoiledPretext(const models::PretextParts& parts) : Pretext(parts) {}
    models::ViewNeeds needs() const override { return {}; }
    std::vector<models::Metric> metrics() const override {
        std::vector<models::Metric> all;
        for (const std::string& name : spoiled().names) {
            all.push_back(models::Metric::of(name, "of a test", "", "any"));
        }
        return all;
    }
    models::PretextLoss loss(const models::PretextInput& input) override {
        const auto& bad = spoiled().bad_steps;
        const bool is_bad = std::find(bad.begin(), bad.end(), input.at.step) != bad.end();
        at::Tensor images = input.views.front();
        if (is_bad) {
            images = images / 0.0;
        }
        models::PretextLoss result{backbone().forward(images).square().sum() / static_cast<double>(input.global_count)};
        if (!spoiled().extra.empty()) {
            result.metrics[spoiled().extra] = torch::full({}, spoiled().metric);
        }
        return result;
    }
    void after_step(const models::StepContext& at) override { spoiled().after.push_back(at.step); }
};

[[maybe_unused]] const bool kSpoiledAdded =
    (models::add_pretext(models::make_entry<SpoiledPretext>("spoiled", "autoencoder")), true);

constexpr std::array kContrastMetrics = {
    models::Metric{"accuracy", "views that find their other one", "share", "rises"}};

/// NT-Xent without batch norm beside the backbone's.
class ToyContrast : public models::EmbeddingPretext {
  public:
    explicit ToyContrast(const models::PretextParts& parts) : EmbeddingPretext(parts) {
        head_ = register_module("head", torch::nn::Linear(backbone().feature_dim(), 8));
    }
    models::ViewNeeds needs() const override { return {.views = 2, .mask = false, .rotation = false, .images = 2}; }
    std::vector<at::Tensor> embed(const models::PretextInput& input) override {
        return {head_(backbone().forward(input.views[0])), head_(backbone().forward(input.views[1]))};
    }
    models::PretextLoss compare(const std::vector<at::Tensor>& embeddings) override {
        const auto share = models::nt_xent(embeddings[0], embeddings[1], 0.5, comm());
        return {share.loss, {{"accuracy", share.accuracy}}};
    }

  private:
    torch::nn::Linear head_ = nullptr;
};

[[maybe_unused]] const bool kContrastAdded =
    (models::add_pretext(models::make_entry<ToyContrast>("toy_contrast", "simclr", kContrastMetrics)), true);

class TrainerTest : public PretrainFixture {
  protected:
    TrainerTest() { spoiled() = {}; }

    /// An experiment and its trainer, which live as long as the test.
    Trainer& trainer_of(const std::string& pretext, const std::vector<std::string>& changes = {}) {
        config::Document document = tiny_config(data_, pretext, changes);
        experiment_ = std::make_unique<Experiment>(build_experiment(document, *comm_));
        trainer_ = std::make_unique<Trainer>(*experiment_, *comm_);
        return *trainer_;
    }

    /// Copies of all parameters and buffers whose names begin with `prefix`.
    std::map<std::string, at::Tensor> state(const std::string& prefix = "") const {
        std::map<std::string, at::Tensor> copies;
        for (const auto& [name, tensor] : models::model_state(*experiment_->pretext)) {
            if (name.starts_with(prefix)) {
                copies[name] = tensor.detach().clone();
            }
        }
        return copies;
    }

    static bool same(const std::map<std::string, at::Tensor>& a, const std::map<std::string, at::Tensor>& b) {
        return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                          [](const auto& x, const auto& y) { return torch::equal(x.second, y.second); });
    }

    /// |a - b| / |b| over all tensors together.
    static double distance(const std::map<std::string, at::Tensor>& a, const std::map<std::string, at::Tensor>& b) {
        double difference = 0;
        double norm = 0;
        for (const auto& [name, tensor] : b) {
            difference += (a.at(name) - tensor).to(torch::kDouble).square().sum().item<double>();
            norm += tensor.to(torch::kDouble).square().sum().item<double>();
        }
        return std::sqrt(difference / norm);
    }

    std::unique_ptr<Experiment> experiment_;
    std::unique_ptr<Trainer> trainer_;
};

TEST_F(TrainerTest, AStepWhoseGradientIsNotFiniteMovesNothingAndTheNextOneGoesOn) {
    spoiled().bad_steps = {2};
    Trainer& trainer = trainer_of("spoiled");
    trainer.step();
    trainer.step();
    auto before = state();
    const StepResult bad = trainer.step();
    EXPECT_TRUE(bad.skipped);
    EXPECT_FALSE(std::isfinite(bad.loss));
    EXPECT_TRUE(bad.metrics.empty());
    EXPECT_EQ(trainer.skipped(), 1);
    EXPECT_EQ(trainer.steps_done(), 3);
    auto after = state();
    for (auto* states : {&before, &after}) {
        std::erase_if(*states, [](const auto& entry) { return entry.first.ends_with("num_batches_tracked"); });
    }
    EXPECT_TRUE(same(before, after));
    const StepResult good = trainer.step();
    EXPECT_FALSE(good.skipped);
    EXPECT_TRUE(std::isfinite(good.loss));
    EXPECT_GT(good.metrics.at("grad_norm"), 0);
    EXPECT_EQ(trainer.skipped(), 0);
    EXPECT_EQ(spoiled().after, (std::vector<std::int64_t>{0, 1, 3}));
}

TEST_F(TrainerTest, MoreBadStepsInARowThanAllowedThrow) {
    spoiled().bad_steps = {1, 2, 3, 5};
    Trainer& trainer = trainer_of("spoiled", {"train.max_skipped=2"});
    trainer.step();
    trainer.step();
    trainer.step();
    const std::string message = message_of<NotFiniteError>([&] { trainer.step(); });
    EXPECT_NE(message.find("at step 4 "), std::string::npos) << message;
    EXPECT_NE(message.find("of the 2 steps before"), std::string::npos) << message;
}

TEST_F(TrainerTest, ARunCountsItsBadStepsAlsoAcrossAStopAndEndsWithTheSameBytes) {
    spoiled().bad_steps = {4, 5, 6, 11};
    const std::vector<std::string> allowed = {"train.max_skipped=3"};
    EXPECT_EQ(run("whole", allowed, {}, "spoiled"), ExitCode::done);
    EXPECT_EQ(run(
                  "stopped", allowed,
                  [](std::int64_t done) {
                      if (done == 5) {
                          request_stop();
                      }
                  },
                  "spoiled"),
              ExitCode::requeue);
    EXPECT_EQ(run("stopped", allowed, {}, "spoiled"), ExitCode::done);
    expect_same_end("whole", "stopped");
    const std::string metrics = read_file(run_path("whole") + "/metrics.jsonl");
    EXPECT_NE(metrics.find("\"skipped\":2"), std::string::npos) << metrics;
    EXPECT_EQ(run(
                  "strict", {"train.max_skipped=2"},
                  [](std::int64_t done) {
                      if (done == 5) {
                          request_stop();
                      }
                  },
                  "spoiled"),
              ExitCode::requeue);
    error_of([&] { run("strict", {"train.max_skipped=2"}, {}, "spoiled"); },
             ExitCode::failure); // 4 before the stop, 5, 6
}

TEST_F(TrainerTest, ARunThatEndsInBadStepsFails) {
    spoiled().bad_steps = {18, 19};
    const std::string message = error_of([&] { run("bad-end", {}, {}, "spoiled"); }, ExitCode::failure);
    EXPECT_NE(message.find("the last 2 of 20 steps moved nothing"), std::string::npos) << message;
}

TEST_F(TrainerTest, MetricsThatAreNotFiniteAreWrittenAndReadBack) {
    spoiled().names = {"extra"};
    spoiled().extra = "extra";
    spoiled().metric = std::numeric_limits<double>::infinity();
    EXPECT_EQ(run("whole", {}, {}, "spoiled"), ExitCode::done);
    EXPECT_EQ(run(
                  "stopped", {},
                  [](std::int64_t done) {
                      if (done == 7) {
                          request_stop();
                      }
                  },
                  "spoiled"),
              ExitCode::requeue);
    EXPECT_EQ(run("stopped", {}, {}, "spoiled"), ExitCode::done);
    expect_same_end("whole", "stopped");
    EXPECT_NE(read_file(run_path("whole") + "/metrics.jsonl").find("\"extra\":\"Infinity\""), std::string::npos);
}

TEST_F(TrainerTest, MetricsThatAreNotDeclaredOrTakeATakenNameAreRefused) {
    spoiled().extra = "extra";
    EXPECT_THROW(trainer_of("spoiled").step(), std::logic_error);
    for (const std::string name : {"loss", "lr", "grad_norm", "epoch", "seconds"}) {
        spoiled().names = {name};
        EXPECT_THROW(trainer_of("spoiled"), std::logic_error) << name;
    }
}

TEST_F(TrainerTest, GradientsAreClippedToTheNorm) {
    const std::vector<std::string> plain = {"optim.momentum=0",        "optim.nesterov=false",  "optim.weight_decay=0",
                                            "optim.schedule=constant", "optim.warmup_epochs=0", "optim.lr=0.5"};
    const auto moved = [&](const std::string& clip) {
        std::vector<std::string> changes = plain;
        changes.push_back("optim.clip_norm=" + clip);
        Trainer& trainer = trainer_of("simclr", changes);
        double squares = 0;
        const auto before = state();
        const StepResult result = trainer.step();
        for (const auto& item : experiment_->pretext->named_parameters()) {
            squares += (item.value().detach() - before.at(item.key())).square().sum().item<double>();
        }
        return std::pair(std::sqrt(squares) / 0.5, result.metrics.at("grad_norm"));
    };
    const auto [free, norm] = moved("0");
    EXPECT_NEAR(free, norm, 1e-4 * norm);
    const auto [clipped, same_norm] = moved(std::to_string(norm / 4));
    EXPECT_NEAR(same_norm, norm, 1e-6 * norm) << "what is logged is the norm before clipping";
    EXPECT_NEAR(clipped, norm / 4, 1e-4 * norm);
}

TEST_F(TrainerTest, WithGradCacheMicroBatchesDoWhatOneBatchDoes) {
    const auto course = [&](const std::vector<std::string>& micro, const std::string& precision) {
        std::vector<std::string> changes = {"model={backbone: resnet18, width: 8, norm: group}", "optim.lr=0.05",
                                            "optim.warmup_epochs=0", "train.batch=16", "train.precision=" + precision};
        changes.insert(changes.end(), micro.begin(), micro.end());
        Trainer& trainer = trainer_of("toy_contrast", changes);
        std::vector<std::map<std::string, double>> metrics;
        for (int step = 0; step < 3; ++step) {
            metrics.push_back(trainer.step().metrics);
        }
        return std::pair(metrics, state());
    };
    const std::vector<std::string> cache = {"train.accumulate=4", "train.grad_cache=true"};
    const auto [whole, whole_state] = course({}, "fp32");
    const auto [cached, cached_state] = course(cache, "fp32");
    const auto [plain, plain_state] = course({"train.accumulate=4"}, "fp32");
    EXPECT_GT(std::abs(plain[0].at("loss") - whole[0].at("loss")), 0.5) << "6 negatives instead of 30";
    for (std::size_t step = 0; step < whole.size(); ++step) {
        for (const auto& [name, value] : whole[step]) {
            EXPECT_NEAR(cached[step].at(name), value, 1e-5 * std::abs(value)) << name << ", step " << step;
        }
    }
    EXPECT_LT(distance(cached_state, whole_state), 1e-6);
    EXPECT_GT(distance(plain_state, whole_state), 1e-4);
    const auto [whole_bf16, whole_bf16_state] = course({}, "bf16");
    const auto [cached_bf16, cached_bf16_state] = course(cache, "bf16");
    EXPECT_LT(distance(cached_bf16_state, whole_bf16_state), 1.5 * distance(whole_bf16_state, whole_state))
        << "no more than bfloat16 does";
}

TEST_F(TrainerTest, GradCacheMovesRunningStatisticsOnceAMicroBatch) {
    const auto buffers = [&](const std::string& cache) {
        trainer_of("simclr", {"train.accumulate=4", "train.grad_cache=" + cache}).step();
        std::map<std::string, at::Tensor> copies;
        for (const auto& item : experiment_->pretext->named_buffers()) {
            copies[item.key()] = item.value().clone();
        }
        return copies;
    };
    const auto plain = buffers("false");
    EXPECT_EQ(plain.at("backbone.conv1.norm.num_batches_tracked").item<std::int64_t>(), 4);
    EXPECT_TRUE(same(buffers("true"), plain));
}

TEST_F(TrainerTest, GradCacheThatWouldDoNothingIsRefused) {
    EXPECT_NE(message_of<ConfigError>([&] {
                  trainer_of("rotnet", {"train.accumulate=2", "train.grad_cache=true"});
              }).find("the loss of pretext rotnet compares no embeddings of different images"),
              std::string::npos);
    EXPECT_NE(message_of<ConfigError>([&] {
                  trainer_of("simclr", {"train.grad_cache=true"});
              }).find("does nothing without micro-batches"),
              std::string::npos);
    EXPECT_THROW(trainer_of("simclr", {"train.accumulate=16"}), ConfigError) << "micro-batches of one image";
    trainer_of("simclr", {"train.accumulate=16", "train.grad_cache=true"});
}

TEST_F(TrainerTest, UpdatesMoveTheirOwnPlayersWhenTheyAreDue) {
    Trainer& trainer = trainer_of("toy_gan");
    const auto critic = state("head.");
    const auto generator = state("generator.");
    const StepResult first = trainer.step(); // the generator is due in every second step
    EXPECT_TRUE(same(state("generator."), generator));
    EXPECT_FALSE(same(state("head."), critic));
    EXPECT_TRUE(first.metrics.contains("loss_critic"));
    EXPECT_TRUE(first.metrics.contains("penalty"));
    EXPECT_FALSE(first.metrics.contains("loss"));
    const StepResult second = trainer.step();
    EXPECT_FALSE(same(state("generator."), generator));
    EXPECT_TRUE(second.metrics.contains("loss"));
}

TEST_F(TrainerTest, AGroupThatIsFrozenStandsStillAndTheTeacherFollows) {
    Trainer& trainer = trainer_of("toy_distillation", {"augment.size=32"});
    const auto last = state("head.linear2");
    const auto teacher = state("teacher.");
    for (int step = 0; step < 5; ++step) { // an epoch
        trainer.step();
    }
    EXPECT_TRUE(same(state("head.linear2"), last));
    const auto student = state("backbone.");
    const auto followed = state("teacher.");
    const std::string weight = "conv1.conv.weight";
    const auto distance = [&](const std::map<std::string, at::Tensor>& of) {
        return (of.at("teacher." + weight) - student.at("backbone." + weight)).norm().item<double>();
    };
    EXPECT_FALSE(same(followed, teacher));
    EXPECT_LT(distance(followed), distance(teacher));
    EXPECT_GT(distance(followed), 0);
    trainer.step();
    EXPECT_FALSE(same(state("head.linear2"), last));
}

class EveryMethodOfState : public PretrainFixture, public testing::WithParamInterface<const char*> {};

TEST_P(EveryMethodOfState, StoppedAndResumedRunEndsWithTheSameBytes) {
    const std::string pretext = GetParam();
    std::vector<std::string> changes = {"optim.lr=0.005"};
    if (pretext == "toy_distillation") {
        changes.emplace_back("augment.size=32");
    }
    if (pretext == "context_encoder") {
        changes.insert(changes.end(),
                       {"pretext.adversarial=0.1", "pretext.discriminator_width=8", "pretext.spectral_norm=true"});
    }
    if (pretext == "vae" || pretext.ends_with("_autoencoder")) {
        changes.emplace_back("optim.lr=0.000005"); // their losses are sums over pixels
    }
    if (pretext == "byol") {
        changes.insert(changes.end(), {"optim.name=lars", "pretext.projector=[32, 16]", "pretext.predictor=[32]"});
    }
    EXPECT_EQ(run("whole", changes, {}, pretext), ExitCode::done);
    for (const std::int64_t stop : {3, 8, 13}) { // in the first epoch, and in the middle of others
        EXPECT_EQ(run(
                      "stopped", changes,
                      [stop](std::int64_t done) {
                          if (done == stop) {
                              request_stop();
                          }
                      },
                      pretext),
                  ExitCode::requeue);
    }
    EXPECT_EQ(run("stopped", changes, {}, pretext), ExitCode::done);
    expect_same_end("whole", "stopped");
}

class EveryKindOfBackbone : public PretrainFixture, public testing::WithParamInterface<const char*> {};

TEST_P(EveryKindOfBackbone, StoppedAndResumedRunEndsWithTheSameBytes) {
    const std::vector<std::string> changes = {GetParam(), "train.max_steps=3"};
    EXPECT_EQ(run("whole", changes), ExitCode::done);
    EXPECT_EQ(run("stopped", changes,
                  [](std::int64_t done) {
                      if (done == 1) {
                          request_stop();
                      }
                  }),
              ExitCode::requeue);
    EXPECT_EQ(run("stopped", changes), ExitCode::done);
    expect_same_end("whole", "stopped", "step-00000003");
}

INSTANTIATE_TEST_SUITE_P(Networks, EveryKindOfBackbone,
                         testing::Values("model={backbone: vit_tiny, drop_path: 0.3, positions: learned}",
                                         "model={backbone: resnet50, width: 4}"));

INSTANTIATE_TEST_SUITE_P(Methods, EveryMethodOfState,
                         testing::Values("toy_gan", "toy_distillation", "byol", "colorization", "context_encoder",
                                         "contractive_autoencoder", "sparse_autoencoder", "split_brain", "vae"),
                         [](const auto& parameter) { return std::string(parameter.param); });

} // namespace
} // namespace tacit::train
