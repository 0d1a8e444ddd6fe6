// SPDX-License-Identifier: Apache-2.0
#include "models/modules.hpp"
#include "pipeline/base/files.hpp"
#include "pipeline/train/machine/signals.hpp"
#include "pipeline/train/machine/threads.hpp"
#include "pipeline/train/pretrain.hpp"
#include "pipeline/train/run/run_folder.hpp"
#include "pipeline/train/step/trainer.hpp"
#include "tests/pipeline/train/tiny_run.hpp"
#include "tests/shared_folder.hpp"

#include <torch/types.h>

#include <cmath>
#include <gtest/gtest.h>
#include <map>
#include <thread>

namespace tacit::train {
namespace {

constexpr int kSteps = 10;

/// A folder that all ranks share, with shards of 84 images.
class SharedData : public dist::SharedFolder {
  public:
    SharedData() {
        if (dist::world().rank() == 0) {
            write_tiny_shards(path() + "/shards", 84);
        }
        dist::world().barrier();
    }
};

struct Course {
    std::vector<std::map<std::string, double>> losses; ///< of the updates of each step, by name
    NamedTensors start;                                ///< parameters before the first step
    NamedTensors end;                                  ///< and after the last
    NamedTensors statistics; ///< running means and variances of batch norms after the last step
};

NamedTensors parameters_of(const Experiment& experiment) {
    NamedTensors copy;
    for (const auto& entry : experiment.pretext->named_parameters()) {
        copy.emplace_back(entry.key(), entry.value().detach().clone());
    }
    return copy;
}

NamedTensors statistics_of(const Experiment& experiment) {
    NamedTensors copy;
    for (const auto& entry : experiment.pretext->named_buffers()) {
        if (entry.value().is_floating_point()) {
            copy.emplace_back(entry.key(), entry.value().clone());
        }
    }
    return copy;
}

Course train(const std::string& data, const std::string& pretext, dist::Communicator& comm,
             const std::vector<std::string>& changes = {}, int steps = kSteps) {
    config::Document document = tiny_config(data, pretext, changes);
    Experiment experiment = build_experiment(document, comm);
    Trainer trainer(experiment, comm);
    Course course;
    course.start = parameters_of(experiment);
    for (int step = 0; step < steps; ++step) {
        course.losses.push_back(trainer.step().metrics);
        std::erase_if(course.losses.back(), [](const auto& entry) { return !entry.first.starts_with("loss"); });
    }
    course.end = parameters_of(experiment);
    course.statistics = statistics_of(experiment);
    return course;
}

/// |a - b| / |b| over all the tensors together, in fp64.
double relative_distance(const NamedTensors& a, const NamedTensors& b) {
    double difference = 0;
    double norm = 0;
    for (std::size_t i = 0; i < a.size(); ++i) {
        const at::Tensor wide = b[i].second.to(torch::kFloat64);
        difference += (a[i].second.to(torch::kFloat64) - wide).square().sum().item<double>();
        norm += wide.square().sum().item<double>();
    }
    return std::sqrt(difference / norm);
}

class RankParity : public testing::TestWithParam<std::string> {};

// A ReLU whose input changes sign in the last bit changes its gradient by far more than a bit: weights disturbed by
// 1e-7 on a single rank drift apart just as ranks do, as soon as the steps are large. Small steps keep rounding
// apart from errors; the difference is therefore also compared with how far the weights moved.
TEST_P(RankParity, LossCurveAndParametersAreThoseOfOneRank) {
    const SharedData folder;
    std::vector<std::string> small_steps = {"optim.lr=0.0005", "optim.warmup_epochs=0", "train.batch=32"};
    if (GetParam() == "toy_distillation") {
        small_steps.emplace_back("augment.size=32"); // whose local crops are large enough for the network
    }
    if (GetParam() == "vae" || GetParam() == "contractive_autoencoder" || GetParam() == "sparse_autoencoder") {
        small_steps.emplace_back("optim.lr=0.000001"); // their losses are sums over pixels
    }
    if (GetParam() == "contractive_autoencoder") { // whose Jacobian is large before it is trained
        small_steps.emplace_back("pretext.weight=0.001");
    }
    const auto self = dist::make_self_communicator();
    const Course alone = train(folder.path() + "/shards", GetParam(), *self, small_steps);
    const Course together = train(folder.path() + "/shards", GetParam(), dist::world(), small_steps);
    for (std::size_t step = 0; step < alone.losses.size(); ++step) {
        EXPECT_FALSE(alone.losses[step].empty());
        EXPECT_EQ(together.losses[step].size(), alone.losses[step].size());
        for (const auto& [name, loss] : alone.losses[step]) {
            EXPECT_NEAR(together.losses[step].at(name), loss, 1e-5 * std::abs(loss)) << name << ", step " << step;
        }
    }
    EXPECT_LT(relative_distance(together.end, alone.end), 1e-5);
    EXPECT_LT(relative_distance(together.statistics, alone.statistics), 1e-5);
    EXPECT_LT(relative_distance(together.end, alone.end), 0.05 * relative_distance(alone.start, alone.end));
}

INSTANTIATE_TEST_SUITE_P(Pretexts, RankParity,
                         testing::Values("autoencoder", "byol", "colorization", "context_encoder",
                                         "contractive_autoencoder", "contrastive_pairs", "masked_autoencoder", "rotnet",
                                         "simclr", "sparse_autoencoder", "split_brain", "toy_distillation", "toy_gan",
                                         "triplet", "vae"),
                         [](const auto& parameter) { return parameter.param; });

TEST(AdversarialParity, StepsOfBothPlayersAreThoseOfOneRank) {
    const SharedData folder;
    const auto self = dist::make_self_communicator();
    for (const std::string norm : {"false", "true"}) {
        const std::vector<std::string> changes = {"optim.lr=0.0005",
                                                  "optim.warmup_epochs=0",
                                                  "train.batch=32",
                                                  "pretext.adversarial=0.1",
                                                  "pretext.discriminator_width=8",
                                                  "pretext.channelwise=true",
                                                  "pretext.spectral_norm=" + norm};
        const Course alone = train(folder.path() + "/shards", "context_encoder", *self, changes, 5);
        const Course together = train(folder.path() + "/shards", "context_encoder", dist::world(), changes, 5);
        for (std::size_t step = 0; step < alone.losses.size(); ++step) {
            for (const char* name : {"loss", "loss_critic"}) {
                const double loss = alone.losses[step].at(name);
                EXPECT_NEAR(together.losses[step].at(name), loss, 1e-5 * loss) << name << ", step " << step;
            }
        }
        EXPECT_LT(relative_distance(together.end, alone.end), 1e-5);
        EXPECT_LT(relative_distance(together.statistics, alone.statistics), 1e-5) << "singular vectors, too";
    }
}

TEST(GradCacheParity, StepsAreThoseOfOneRank) {
    const SharedData folder;
    const std::vector<std::string> changes = {"optim.lr=0.0005", "optim.warmup_epochs=0", "train.batch=32",
                                              "train.accumulate=4", "train.grad_cache=true"};
    const auto self = dist::make_self_communicator();
    for (const std::string pretext : {"simclr", "triplet", "contrastive_pairs"}) {
        const Course alone = train(folder.path() + "/shards", pretext, *self, changes, 5);
        const Course together = train(folder.path() + "/shards", pretext, dist::world(), changes, 5);
        for (std::size_t step = 0; step < alone.losses.size(); ++step) {
            const double loss = alone.losses[step].at("loss");
            EXPECT_NEAR(together.losses[step].at("loss"), loss, 1e-5 * loss) << pretext << ", step " << step;
        }
        EXPECT_LT(relative_distance(together.end, alone.end), 1e-5) << pretext;
        EXPECT_LT(relative_distance(together.end, alone.end), 0.05 * relative_distance(alone.start, alone.end));
        EXPECT_LT(relative_distance(together.statistics, alone.statistics), 1e-5) << pretext;
    }
}

class BackboneParity : public testing::TestWithParam<const char*> {};

/// Batch norms of many layers are compared in float64 (tests/models/pretext_parity_test.cpp).
TEST_P(BackboneParity, ThreeStepsAreThoseOfOneRank) {
    const SharedData folder;
    const std::vector<std::string> changes = {GetParam(), "optim.lr=0.0005", "optim.warmup_epochs=0", "train.batch=32"};
    const auto self = dist::make_self_communicator();
    const Course alone = train(folder.path() + "/shards", "simclr", *self, changes, 3);
    const Course together = train(folder.path() + "/shards", "simclr", dist::world(), changes, 3);
    for (std::size_t step = 0; step < 3; ++step) {
        const double loss = alone.losses[step].at("loss");
        EXPECT_NEAR(together.losses[step].at("loss"), loss, 1e-5 * loss) << "step " << step;
    }
    EXPECT_LT(relative_distance(together.end, alone.end), 1e-5);
    EXPECT_LT(relative_distance(together.end, alone.end), 0.05 * relative_distance(alone.start, alone.end));
}

INSTANTIATE_TEST_SUITE_P(Networks, BackboneParity,
                         testing::Values("model={backbone: vit_tiny, drop_path: 0.3, registers: 2, checkpoint: true}",
                                         "model={backbone: resnet18, width: 8, checkpoint: true}"));

TEST(Ranks, HoldTheSameBytesAfterTraining) {
    const SharedData folder;
    const Course course = train(folder.path() + "/shards", "simclr", dist::world());
    for (const auto& [name, tensor] : course.end) {
        const at::Tensor all = dist::world().all_gather(tensor.contiguous().unsqueeze(0));
        for (std::int64_t rank = 1; rank < all.size(0); ++rank) {
            EXPECT_TRUE(torch::equal(all[0], all[rank])) << name << " on rank " << rank;
        }
    }
}

TEST(Ranks, StopAskedOfTheLastRankStopsAllAndTheResumedRunEndsWithTheSameBytes) {
    const SharedData folder;
    dist::Communicator& world = dist::world();
    const auto run = [&](const std::string& name, std::int64_t stop_after) {
        PretrainOptions options;
        options.run_folder = folder.path() + "/" + name;
        options.on_step = [&, stop_after](std::int64_t done) {
            if (done == stop_after && world.rank() == world.size() - 1) {
                request_stop();
            }
        };
        config::Document document = tiny_config(folder.path() + "/shards", "rotnet", {"train.max_steps=10"});
        return pretrain(document, options, world);
    };
    EXPECT_EQ(run("whole", -1), ExitCode::done);
    EXPECT_EQ(run("stopped", 6), ExitCode::requeue);
    EXPECT_EQ(run("stopped", -1), ExitCode::done);
    world.barrier();
    EXPECT_EQ(metrics_without_timing(folder.path() + "/whole"), metrics_without_timing(folder.path() + "/stopped"));
    const std::string model = "/checkpoints/step-00000010/model.safetensors";
    EXPECT_EQ(read_file(folder.path() + "/whole" + model), read_file(folder.path() + "/stopped" + model));
}

TEST(Ranks, BatchThatRanksDoNotDivideIsRefusedOnAllOfThem) {
    const SharedData folder;
    if (dist::world().size() == 1) {
        GTEST_SKIP() << "every batch divides over one rank";
    }
    config::Document document = tiny_config(folder.path() + "/shards", "simclr", {"train.batch=15"});
    EXPECT_THROW(build_experiment(document, dist::world()), ConfigError);
}

TEST(Ranks, ShareTheCoresOfTheHost) {
    const int own = cores_of_rank(dist::world());
    at::Tensor total = torch::tensor(static_cast<std::int64_t>(own), torch::kInt64);
    dist::world().all_reduce_sum(total);
    const auto cores = static_cast<std::int64_t>(std::thread::hardware_concurrency());
    EXPECT_GE(own, 1);
    EXPECT_LE(total.item<std::int64_t>(), std::max<std::int64_t>(cores, dist::world().size()));
}

/// As while a training saves: what lies in the run folder differs between the instants at which the ranks look.
TEST(LoadRun, EveryRankGetsTheCheckpointThatRankZeroPicks) {
    const SharedData data;
    const auto self = dist::make_self_communicator();
    dist::Communicator& world = dist::world();
    const int steps = 5 * (world.rank() + 1);
    PretrainOptions options;
    options.run_folder = data.path() + "/rank" + std::to_string(world.rank());
    config::Document document =
        tiny_config(data.path() + "/shards", "rotnet", {"train.max_steps=" + std::to_string(steps)});
    pretrain(document, options, *self);
    const LoadedRun loaded = load_run(options.run_folder, "last", world, *self);
    EXPECT_EQ(loaded.checkpoint, "step-00000005");
    EXPECT_EQ(loaded.manifest.step, 5);
    for (const auto& [name, tensor] : models::model_state(*loaded.pretext)) {
        at::Tensor first = tensor.detach().contiguous().clone();
        world.broadcast(first, 0);
        EXPECT_TRUE(at::equal(first, tensor)) << name;
    }
}

} // namespace
} // namespace tacit::train
