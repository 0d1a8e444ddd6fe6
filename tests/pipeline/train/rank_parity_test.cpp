// SPDX-License-Identifier: Apache-2.0
#include "pipeline/base/files.hpp"
#include "pipeline/train/model_state.hpp"
#include "pipeline/train/pretrain.hpp"
#include "pipeline/train/signals.hpp"
#include "pipeline/train/threads.hpp"
#include "pipeline/train/trainer.hpp"
#include "tests/mpi_main.hpp"
#include "tests/pipeline/train/tiny_run.hpp"

#include <torch/torch.h>

#include <gtest/gtest.h>
#include <optional>
#include <thread>

namespace tacit::train {
namespace {

constexpr int kSteps = 10;

/// A folder that all ranks share; rank 0 makes and removes it.
class SharedFolder {
  public:
    SharedFolder() {
        if (dist::world().rank() == 0)
            own_.emplace();
        path_ = own_ ? own_->path() : "";
        dist::world().broadcast(path_, 0);
        if (own_)
            write_tiny_shards(path_ + "/shards", 84);
        dist::world().barrier();
    }
    ~SharedFolder() { dist::world().barrier(); }
    SharedFolder(const SharedFolder&) = delete;
    SharedFolder& operator=(const SharedFolder&) = delete;
    const std::string& path() const { return path_; }

  private:
    std::optional<TemporaryFolder> own_;
    std::string path_;
};

struct Course {
    std::vector<double> losses;
    NamedTensors state;
};

Course train(const std::string& data, const std::string& pretext, dist::Communicator& comm,
             const std::vector<std::string>& changes = {}) {
    config::Document document = tiny_config(data, pretext, changes);
    Experiment experiment = build_experiment(document, comm);
    Trainer trainer(experiment, comm);
    Course course;
    for (int step = 0; step < kSteps; ++step)
        course.losses.push_back(trainer.step().metrics.at("loss"));
    for (const auto& [name, tensor] : model_state(*experiment.pretext))
        course.state.emplace_back(name, tensor.detach().clone());
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

TEST_P(RankParity, LossCurveAndParametersAreThoseOfOneRank) {
    const SharedFolder folder;
    const auto self = dist::make_self_communicator();
    const Course alone = train(folder.path() + "/shards", GetParam(), *self);
    const Course together = train(folder.path() + "/shards", GetParam(), dist::world());
    for (std::size_t step = 0; step < alone.losses.size(); ++step)
        EXPECT_NEAR(together.losses[step], alone.losses[step], 1e-5 * std::abs(alone.losses[step])) << "step " << step;
    ASSERT_EQ(together.state.size(), alone.state.size());
    EXPECT_LT(relative_distance(together.state, alone.state), 1e-5);
}

INSTANTIATE_TEST_SUITE_P(Pretexts, RankParity,
                         testing::Values("autoencoder", "context_encoder", "rotnet", "simclr", "triplet"),
                         [](const auto& parameter) { return parameter.param; });

TEST(Ranks, HoldTheSameBytesAfterTraining) {
    const SharedFolder folder;
    const Course course = train(folder.path() + "/shards", "simclr", dist::world());
    for (const auto& [name, tensor] : course.state) {
        const at::Tensor all = dist::world().all_gather(tensor.contiguous().unsqueeze(0));
        for (std::int64_t rank = 1; rank < all.size(0); ++rank)
            EXPECT_TRUE(torch::equal(all[0], all[rank])) << name << " on rank " << rank;
    }
}

TEST(Ranks, StopAskedOfTheLastRankStopsAllAndTheResumedRunEndsWithTheSameBytes) {
    const SharedFolder folder;
    dist::Communicator& world = dist::world();
    const auto run = [&](const std::string& name, std::int64_t stop_after) {
        PretrainOptions options;
        options.run_folder = folder.path() + "/" + name;
        options.on_step = [&, stop_after](std::int64_t done) {
            if (done == stop_after && world.rank() == world.size() - 1)
                request_stop();
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
    const SharedFolder folder;
    if (dist::world().size() == 1)
        GTEST_SKIP() << "every batch divides over one rank";
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

} // namespace
} // namespace tacit::train
