// SPDX-License-Identifier: Apache-2.0
// Everything around a graph of a GPU, with one that records by keeping the function and replays by calling it.
#include "pipeline/train/step/step_graph.hpp"

#include "models/modules.hpp"
#include "models/pretext/list.hpp"
#include "pipeline/base/log.hpp"
#include "pipeline/train/step/trainer.hpp"
#include "tests/message_of.hpp"
#include "tests/pipeline/train/pretrain_fixture.hpp"

#include <torch/nn/modules/linear.h>
#include <torch/types.h>
#include <torch/utils.h>

#include <algorithm>
#include <array>
#include <map>

namespace tacit::train {
namespace {

/// What graphs were asked for.
struct Asked {
    int graphs = 0, warm_ups = 0, recordings = 0, replays = 0;
    bool fail = false; ///< no recording succeeds
    bool operator==(const Asked&) const = default;
};

class KeptGraph : public DeviceGraph {
  public:
    explicit KeptGraph(Asked& asked) : asked_(asked) { ++asked_.graphs; }
    void warm_up(const std::function<void()>& work) override {
        ++asked_.warm_ups;
        work();
    }
    void record(const std::function<void()>& work) override {
        ++asked_.recordings;
        if (asked_.fail) {
            throw std::runtime_error("it waits for the device");
        }
        work_ = work;
    }
    void replay() override {
        ++asked_.replays;
        work_();
    }

  private:
    Asked& asked_;
    std::function<void()> work_;
};

/// Reads the step in loss() although it says that it does not, and freezes its head in the first epoch.
class StepReader : public models::Pretext {
  public:
    explicit StepReader(const models::PretextParts& parts)
        : Pretext(parts), reads_(parts.section.flag({"reads", "the step"}, false)) {
        head_ = register_module("head", torch::nn::Linear(backbone().feature_dim(), 4));
    }
    models::ViewNeeds needs() const override { return {}; }
    bool replayable() const override { return true; }
    std::vector<models::ParameterGroup> groups() override {
        models::ParameterGroup head = group_of("main", {"head"});
        head.name = "head";
        return {group_of("main", {"backbone"}), head};
    }
    models::GroupPlan plan(const models::ParameterGroup& group, const models::StepContext& at) const override {
        return {.train = group.name != "head" || at.epoch() >= 1};
    }
    models::PretextLoss loss(const models::PretextInput& input) override {
        const double scale = reads_ ? 1 + 0.1 * static_cast<double>(input.at.step) : 1;
        const at::Tensor output = head_(backbone().forward(input.views.front()));
        return {(output - 1).square().sum() * (scale / static_cast<double>(input.global_count))};
    }

  private:
    bool reads_;
    torch::nn::Linear head_ = nullptr;
};

[[maybe_unused]] const bool kStepReaderAdded =
    (models::add_pretext(models::make_entry<StepReader>("step_reader", "autoencoder")), true);

#define TACIT_NAME(name) #name,
constexpr std::array kPretexts = {TACIT_PRETEXTS(TACIT_NAME)};
#undef TACIT_NAME

class StepGraphTest : public PretrainFixture {
  protected:
    struct Course {
        std::vector<std::map<std::string, double>> metrics; ///< of each step
        std::map<std::string, at::Tensor> end;              ///< parameters and buffers
        bool operator==(const Course& other) const {
            return metrics == other.metrics &&
                   std::equal(end.begin(), end.end(), other.end.begin(), other.end.end(),
                              [](auto& a, auto& b) { return a.first == b.first && torch::equal(a.second, b.second); });
        }
    };

    std::unique_ptr<Experiment> experiment(const std::string& pretext, const std::vector<std::string>& changes = {}) {
        config::Document document = tiny_config(data_, pretext, changes);
        if (pretext == "byol") {
            document.set("pretext.projector=[32, 16]");
        }
        return std::make_unique<Experiment>(build_experiment(document, *comm_));
    }

    GraphMaker recorder() {
        return [this] { return std::make_unique<KeptGraph>(asked_); };
    }

    static Course go_on(Trainer& trainer, Experiment& experiment, int steps) {
        Course course;
        for (int step = 0; step < steps; ++step) {
            course.metrics.push_back(trainer.step().metrics);
        }
        for (const auto& [name, tensor] : models::model_state(*experiment.pretext)) {
            course.end[name] = tensor.clone();
        }
        return course;
    }

    /// 20 steps, of 5 an epoch.
    Course course(const std::string& pretext, const std::vector<std::string>& changes, bool recorded) {
        asked_ = {.fail = asked_.fail};
        const auto made = experiment(pretext, changes);
        if (recorded) {
            made->make_graph = recorder();
        }
        Trainer trainer(*made, *comm_);
        return go_on(trainer, *made, 20);
    }

    Asked asked_;
};

TEST_F(StepGraphTest, RecordedStepsOfEveryPretextThatSaysSoHaveTheBytesOfOthers) {
    std::vector<std::string> replayable;
    for (const char* name : kPretexts) {
        if (experiment(name)->pretext->replayable()) {
            replayable.emplace_back(name);
            EXPECT_TRUE(course(name, {}, true) == course(name, {}, false)) << name;
        }
    }
    for (const char* name :
         {"autoencoder", "byol", "context_encoder", "contrastive_pairs", "rotnet", "simclr", "triplet"}) {
        EXPECT_NE(std::find(replayable.begin(), replayable.end(), name), replayable.end()) << name;
    }
}

TEST_F(StepGraphTest, EachPassIsMadeOnceByWarmUpOrReplay) {
    course("simclr", {}, true);
    EXPECT_EQ(asked_, (Asked{.graphs = 1, .warm_ups = 3, .recordings = 1, .replays = 17}));
}

TEST_F(StepGraphTest, MicroBatchesAndBfloat16HaveTheBytesOfOthersToo) {
    const std::vector<std::string> changes = {"train.accumulate=4", "train.precision=bf16"};
    EXPECT_TRUE(course("simclr", changes, true) == course("simclr", changes, false));
    const std::vector<std::string> more = {"model={backbone: vit_tiny, width: 24, depth: 2, heads: 3, patch: 4}",
                                           "train.accumulate=2"};
    EXPECT_TRUE(course("autoencoder", more, true) == course("autoencoder", more, false));
}

TEST_F(StepGraphTest, AnotherSetOfTrainedGroupsIsRecordedAnew) {
    const Course recorded = course("step_reader", {}, true);
    EXPECT_EQ(asked_, (Asked{.graphs = 2, .warm_ups = 6, .recordings = 2, .replays = 14}));
    EXPECT_TRUE(recorded == course("step_reader", {}, false));
}

TEST_F(StepGraphTest, ALossThatReadsTheStepHasOtherBytes) { // what the tests above would find
    const std::vector<std::string> changes = {"pretext.reads=true", "optim.lr=1e-4"};
    EXPECT_FALSE(course("step_reader", changes, true) == course("step_reader", changes, false));
}

TEST_F(StepGraphTest, WhereRecordingFailsStepsGoOnWithOneWarning) {
    asked_.fail = true;
    const Course expected = course("simclr", {}, false);
    const log::HeardWarnings heard(/*alone=*/true);
    EXPECT_TRUE(course("simclr", {}, true) == expected);
    EXPECT_EQ(asked_, (Asked{.graphs = 1, .warm_ups = 3, .recordings = 1, .fail = true}));
    EXPECT_EQ(heard.lines(), (std::vector<std::string>{
                                 "the step cannot be recorded as a CUDA graph: it waits for the device; it is made "
                                 "without one (train.cuda_graph: off says so from the start)"}));
}

TEST_F(StepGraphTest, WhereItMustBeRecordedAFailureEndsTheRunBeforeTheStepMoves) {
    asked_.fail = true;
    const auto made = experiment("simclr");
    made->make_graph = recorder();
    made->train.cuda_graph = "on";
    Trainer trainer(*made, *comm_);
    const Course before = go_on(trainer, *made, 3);
    EXPECT_EQ(
        message_of<Error>([&] { trainer.step(); }),
        "the step cannot be recorded as a CUDA graph: it waits for the device; set train.cuda_graph to auto or off");
    EXPECT_TRUE(go_on(trainer, *made, 0).end.size() == before.end.size());
    for (const auto& [name, tensor] : models::model_state(*made->pretext)) {
        EXPECT_TRUE(torch::equal(tensor, before.end.at(name))) << name;
    }
}

TEST_F(StepGraphTest, NothingOfItIsStateOfARun) {
    const Course whole = course("simclr", {}, true);
    const auto made = experiment("simclr");
    made->make_graph = recorder();
    NamedTensors momentum;
    {
        Trainer first(*made, *comm_);
        go_on(first, *made, 8);
        for (const auto& [name, tensor] : first.optimizer().state()) {
            momentum.emplace_back(name, tensor.clone());
        }
    }
    Trainer second(*made, *comm_);
    second.optimizer().load_state(momentum);
    second.seek(8, 0);
    const Course rest = go_on(second, *made, 12);
    EXPECT_TRUE(std::equal(rest.metrics.begin(), rest.metrics.end(), whole.metrics.begin() + 8));
    EXPECT_TRUE((Course{{}, rest.end} == Course{{}, whole.end}));
}

/// A pass that doubles its images, and what it was given.
class DoublingPass {
  public:
    models::PretextLoss operator()(const models::PretextInput& input) {
        addresses.push_back(input.views[0].const_data_ptr());
        return {input.views[0].sum() * 2, {{"count", torch::tensor(input.views[0].numel())}}};
    }
    std::vector<const void*> addresses;
};

TEST_F(StepGraphTest, RecordedPassesReadAndWriteAtFixedPlaces) {
    DoublingPass pass;
    StepGraph graph(recorder(), true, std::ref(pass));
    const auto input = [](double value, std::int64_t images) {
        models::PretextInput made;
        made.views = {torch::full({images, 3, 4, 4}, value)};
        made.masks = made.rotations = made.permutations = {at::Tensor()};
        made.global_count = images;
        return made;
    };
    std::vector<const void*> written;
    for (int pass_number = 0; pass_number < 6; ++pass_number) {
        const models::PretextLoss result = graph.run(input(pass_number, 2), {true});
        EXPECT_EQ(result.loss.item<double>(), 2.0 * pass_number * 96);
        EXPECT_EQ(result.metrics.at("count").item<std::int64_t>(), 96);
        written.push_back(result.loss.const_data_ptr());
    }
    EXPECT_EQ(pass.addresses[3], pass.addresses[4]);
    EXPECT_EQ(pass.addresses[3], pass.addresses[5]);
    EXPECT_EQ(written[3], written[5]);
    EXPECT_EQ(asked_, (Asked{.graphs = 1, .warm_ups = 3, .recordings = 1, .replays = 3}));
    EXPECT_TRUE(graph.recorded());
    EXPECT_EQ(graph.run(input(1, 1), {true}).loss.item<double>(), 2.0 * 48) << "images of another number";
    EXPECT_FALSE(graph.recorded());
    EXPECT_EQ(graph.run(input(1, 2), {true}).loss.item<double>(), 2.0 * 96);
    EXPECT_EQ(graph.run(input(1, 2), {false}).loss.item<double>(), 2.0 * 96);
    EXPECT_EQ(asked_, (Asked{.graphs = 4, .warm_ups = 6, .recordings = 1, .replays = 3}));
}

TEST_F(StepGraphTest, SettingsThatCannotBeRecordedAreRefusedWhereTheyMustBe) {
    const auto refusal = [&](const std::string& pretext, std::vector<std::string> changes) {
        changes.emplace_back("train.cuda_graph=on");
        const std::string line = message_of<ConfigError>([&] { experiment(pretext, changes); });
        const std::string place = "--set train.cuda_graph=on: train.cuda_graph: ";
        EXPECT_TRUE(line.starts_with(place)) << line;
        EXPECT_TRUE(line.ends_with("; set it to auto or off")) << line;
        return line.substr(std::min(place.size(), line.size()), line.rfind(';') - place.size());
    };
    EXPECT_EQ(refusal("simclr", {}), "the networks do not run on a GPU");
    EXPECT_EQ(refusal("simclr", {"train.accumulate=2", "train.grad_cache=true"}),
              "train.grad_cache passes micro-batches twice");
    EXPECT_EQ(refusal("toy_gan", {}), "the pretext makes several updates a step");
    EXPECT_EQ(refusal("toy_distillation", {"augment.size=32"}),
              "the loss of this pretext is not the same work in every step");
    EXPECT_EQ(
        refusal("simclr", {"model={backbone: vit_tiny, width: 24, depth: 2, heads: 3, patch: 4, drop_path: 0.1}"}),
        "the backbone draws anew in each step (model.drop_path or model.dropout)");
    const auto made = experiment("simclr", {"train.cuda_graph=auto"});
    EXPECT_FALSE(made->make_graph) << "on a CPU";
    EXPECT_EQ(graph_obstacle(*made->pretext, made->train, 1), "");
    EXPECT_EQ(graph_obstacle(*made->pretext, made->train, 2), "the collectives of several ranks are not recorded");
}

} // namespace
} // namespace tacit::train
