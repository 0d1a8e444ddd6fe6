// SPDX-License-Identifier: Apache-2.0
#include "pipeline/train/pretrain.hpp"

#include "models/modules.hpp"
#include "pipeline/base/files.hpp"
#include "pipeline/shards/hdf5/handle.hpp"
#include "pipeline/train/run/run_folder.hpp"
#include "pipeline/train/state/checkpoint.hpp"
#include "pipeline/train/state/model_state.hpp"
#include "pipeline/train/step/step_bench.hpp"
#include "pipeline/train/step/trainer.hpp"
#include "tests/pipeline/train/pretrain_fixture.hpp"
#include "tests/pipeline/train/run/full_disk.hpp"

#include <torch/types.h>
#include <torch/utils.h>

#include <array>
#include <cerrno>
#include <cmath>
#include <cstring>
#include <filesystem>
#include <gtest/gtest.h>

#include <chrono>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <sys/mount.h>

namespace tacit::train {
namespace {

namespace fs = std::filesystem;

class PretrainTest : public PretrainFixture {};

TEST_F(PretrainTest, RunFolderHoldsEverythingThatTheReportNeeds) {
    EXPECT_EQ(run("full", {"train.max_steps=6"}), ExitCode::done);
    const auto environment = nlohmann::json::parse(read_file(run_path("full") + "/environment.json"));
    for (const char* key : {"tacit", "commit", "libtorch", "mpi", "hdf5", "host", "cpu", "ranks", "started"}) {
        EXPECT_TRUE(environment.contains(key)) << key;
    }
    const auto pictures = nlohmann::json::parse(read_file(run_path("full") + "/pictures/pictures.json"));
    ASSERT_FALSE(pictures.empty());
    EXPECT_EQ(pictures[0]["title"], "views");
    EXPECT_EQ(pictures[0]["columns"].size(), 2U);
    for (const auto& picture : pictures) {
        EXPECT_TRUE(fs::exists(run_path("full") + "/pictures/" + picture["file"].get<std::string>()));
    }
    EXPECT_NO_THROW(config::Document::from_file(run_path("full") + "/config.yaml"));
}

TEST_F(PretrainTest, EveryPretextTrainsDrawsItsPicturesAndGivesItsWeightsToAFreshEncoder) {
    for (const std::string& pretext : models::pretext_names()) {
        // Small crops of 24 pixels are not too small for the network; steps of adamw suit losses of any scale.
        EXPECT_EQ(run(pretext, {"train.max_steps=3", "augment.size=24", "optim={name: adamw, lr: 1e-4}"}, {}, pretext),
                  ExitCode::done)
            << pretext;
        LoadedRun loaded = load_run(run_path(pretext), "last", *comm_);
        EXPECT_EQ(loaded.pretext_name, pretext);
        const auto fresh = make_fresh_encoder(loaded, 5);
        const at::Tensor images = torch::rand({2, loaded.shape.channels, loaded.shape.height, loaded.shape.width});
        EXPECT_FALSE(torch::equal(fresh->forward(images), loaded.backbone->forward(images))) << pretext;
        load_model_state(*fresh, models::model_state(*loaded.backbone));
        EXPECT_TRUE(torch::equal(fresh->forward(images), loaded.backbone->forward(images))) << pretext;
    }
}

TEST_F(PretrainTest, LossFalls) {
    EXPECT_EQ(run("learn", {"train.epochs=12", "train.log_every=5", "optim.lr=0.1"}, {}, "autoencoder"),
              ExitCode::done);
    const std::string metrics = read_file(run_path("learn") + "/metrics.jsonl");
    const auto first = nlohmann::json::parse(metrics.substr(0, metrics.find('\n')));
    const auto last = nlohmann::json::parse(metrics.substr(metrics.rfind('\n', metrics.size() - 2) + 1));
    EXPECT_LT(last["loss"].get<double>(), 0.85 * first["loss"].get<double>());
}

TEST_F(PretrainTest, DryRunWritesNothing) {
    PretrainOptions options;
    options.run_folder = run_path("dry");
    options.dry_run = true;
    config::Document document = tiny_config(data_, "rotnet");
    EXPECT_EQ(pretrain(document, options, *comm_), ExitCode::done);
    EXPECT_FALSE(fs::exists(run_path("dry")));
}

TEST_F(PretrainTest, UnknownKeyIsRefused) {
    const std::string message = error_of([&] { run("wrong", {"optim.learning_rate=1"}); }, ExitCode::usage);
    EXPECT_NE(message.find("optim.learning_rate"), std::string::npos) << message;
}

TEST_F(PretrainTest, RecipeThatDoesNotFitThePretextIsRefusedWithOneThatDoes) {
    const std::string message = error_of([&] { run("wrong", {"augment.recipe=autoencoder"}); }, ExitCode::usage);
    EXPECT_NE(message.find("needs 2 views"), std::string::npos) << message;
    EXPECT_NE(message.find("augment.recipe to simclr"), std::string::npos) << message;
}

TEST_F(PretrainTest, BatchThatDoesNotSplitIsRefusedWithTheNearestThatDoes) {
    const std::string message = error_of([&] { run("wrong", {"train.accumulate=3"}); }, ExitCode::usage);
    EXPECT_NE(message.find("train.batch: 16 does not split"), std::string::npos) << message;
    EXPECT_NE(message.find("nearest batch that works is 15"), std::string::npos) << message;
}

TEST_F(PretrainTest, BatchLargerThanTheDataIsRefused) {
    const std::string message = error_of([&] { run("wrong", {"train.batch=128"}); }, ExitCode::usage);
    EXPECT_NE(message.find("more than the 84 that"), std::string::npos) << message;
}

TEST_F(PretrainTest, DivergenceEndsWithOneLineAndPublishesNothing) {
    const std::vector<std::string> wild = {"optim.lr=900", "optim.warmup_epochs=0", "checkpoint.every_steps=1",
                                           "train.epochs=40"};
    const std::string message = error_of([&] { run("nan", wild, {}, "autoencoder"); }, ExitCode::failure);
    EXPECT_NE(message.find(" step "), std::string::npos) << message;
    EXPECT_NE(message.find("; training stops; "), std::string::npos) << message;
    EXPECT_NE(message.find("with a lower optim.lr"), std::string::npos) << message;
    const std::vector<std::string> names = list_checkpoints(run_path("nan") + "/checkpoints");
    for (const std::string& name : names) {
        EXPECT_NO_THROW(verify_checkpoint(run_path("nan") + "/checkpoints/" + name)) << name;
    }
    const std::string held =
        names.empty() ? "there is no checkpoint yet" : "the newest whole checkpoint is " + names[0];
    EXPECT_NE(message.find(held), std::string::npos) << message;
}

TEST_F(PretrainTest, RunThatEndsWithWeightsThatAreNotFiniteFails) {
    int failed = 0;
    for (int steps = 1; steps <= 8; ++steps) { // one of them is the last before the loss shows it
        const std::string name = "end-" + std::to_string(steps);
        try {
            run(name,
                {"optim.lr=900", "optim.warmup_epochs=0", "train.max_steps=" + std::to_string(steps),
                 "checkpoint.every_steps=0", "checkpoint.every_epochs=0"},
                {}, "autoencoder");
            EXPECT_NO_THROW(load_run(run_path(name), "last", *comm_));
        } catch (const Error& error) {
            ++failed;
            EXPECT_EQ(error.code(), ExitCode::failure) << error.what();
            EXPECT_TRUE(list_checkpoints(run_path(name) + "/checkpoints").empty()) << error.what();
        }
    }
    EXPECT_GT(failed, 0);
}

TEST_F(PretrainTest, TelemetryThatCannotBeWrittenDoesNotEndTheRun) {
    EXPECT_EQ(run("whole"), ExitCode::done);
    std::optional<FullDisk> full;
    EXPECT_EQ(run("full", {},
                  [&](std::int64_t done) {
                      if (done == 4) {
                          full.emplace(0);
                      }
                      if (done == 13) {
                          full.reset();
                      }
                  }),
              ExitCode::done);
    expect_same_end("whole", "full");
}

TEST_F(PretrainTest, PicturesThatCannotBeWrittenDoNotEndTheRun) {
    fs::create_directory(run_path("blind"));
    write_file_atomically(run_path("blind") + "/pictures", "in the way");
    testing::internal::CaptureStderr();
    EXPECT_EQ(run("blind", {"train.max_steps=2"}), ExitCode::done);
    const std::string warnings = testing::internal::GetCapturedStderr();
    EXPECT_NE(warnings.find("warning: pictures cannot be written: "), std::string::npos) << warnings;
    EXPECT_TRUE(newest_valid_checkpoint(run_path("blind") + "/checkpoints").has_value());

    fs::create_directory(run_path("loop"));
    fs::create_symlink("pictures", run_path("loop") + "/pictures");
    EXPECT_EQ(run("loop", {"train.max_steps=2"}), ExitCode::done);
}

TEST_F(PretrainTest, RunFolderThatIsRemovedWhileTrainingIsMadeAnew) {
    testing::internal::CaptureStderr();
    EXPECT_EQ(run("gone", {},
                  [&](std::int64_t done) {
                      if (done == 7 || done == 12) {
                          await_checkpoint("gone", done == 7 ? 5 : 10);
                          remove_folder(run_path("gone"));
                      }
                  }),
              ExitCode::done);
    const std::string warnings = testing::internal::GetCapturedStderr();
    EXPECT_NE(warnings.find("was removed or replaced while it was trained into; it is made anew"), std::string::npos)
        << warnings;
    EXPECT_NE(warnings.find("was removed or replaced while it was trained into (time 2); it is"), std::string::npos)
        << warnings;
    EXPECT_EQ(load_run(run_path("gone"), "last", *comm_).checkpoint, "step-00000020");
    for (const char* file :
         {"config.yaml", "environment.json", "normalization.json", "metrics.jsonl", "pictures/views.png"}) {
        EXPECT_TRUE(fs::exists(run_path("gone") + "/" + file)) << file;
    }
}

TEST_F(PretrainTest, RunFolderThatAnotherRunTookIsLeftToIt) {
    const RunPaths paths(run_path("taken"));
    std::optional<RunLock> other;
    const std::string message = error_of(
        [&] {
            run("taken", {}, [&](std::int64_t done) {
                if (done != 7) {
                    return;
                }
                await_checkpoint("taken", 5);
                remove_folder(paths.folder);
                other.emplace(paths.folder);
                write_file_atomically(paths.metrics(), "the other's\n");
            });
        },
        ExitCode::failure);
    EXPECT_NE(message.find("another tacit pretrain is writing to " + paths.folder), std::string::npos) << message;
    EXPECT_EQ(read_file(paths.metrics()), "the other's\n");
    EXPECT_FALSE(fs::exists(paths.checkpoints()));
}

TEST_F(PretrainTest, CheckpointsComeByStepsEpochsAndTimeWhicheverIsFirst) {
    const auto written = [&](const std::string& name, std::vector<std::string> changes) {
        changes.push_back("checkpoint.keep=100");
        EXPECT_EQ(run(name, changes), ExitCode::done);
        std::vector<std::int64_t> steps;
        for (const std::string& checkpoint : list_checkpoints(run_path(name) + "/checkpoints")) {
            steps.insert(steps.begin(), std::stoll(checkpoint.substr(5)));
        }
        return steps;
    };
    EXPECT_EQ(written("both", {"checkpoint.every_steps=8"}), (std::vector<std::int64_t>{5, 8, 10, 15, 16, 20}));
    EXPECT_EQ(written("steps", {"checkpoint.every_steps=8", "checkpoint.every_epochs=0"}),
              (std::vector<std::int64_t>{8, 16, 20}));
    EXPECT_EQ(written("time", {"checkpoint.every_steps=0", "checkpoint.every_epochs=0", "checkpoint.every_minutes=1e-9",
                               "train.max_steps=4"}),
              (std::vector<std::int64_t>{1, 2, 3, 4}));
    EXPECT_EQ(written("end", {"checkpoint.every_steps=0", "checkpoint.every_epochs=0", "checkpoint.every_minutes=0"}),
              (std::vector<std::int64_t>{20}));
}

TEST_F(PretrainTest, ConfigThatWasChangedBesideItsCheckpointIsRefused) {
    EXPECT_EQ(run("changed", {"train.max_steps=2"}), ExitCode::done);
    const RunPaths paths(run_path("changed"));
    std::string config = read_file(paths.config());
    config.replace(config.find("lr: 0.02"), 8, "lr: 0.03");
    write_file_atomically(paths.config(), config);
    const std::string message = error_of([&] { load_run(paths.folder, "last", *comm_); }, ExitCode::failure);
    EXPECT_EQ(message, paths.config() +
                           " was changed after the checkpoint was written: optim.lr is 0.03, the checkpoint "
                           "has 0.02; put it back");
}

TEST_F(PretrainTest, FullDiskKeepsTheOldCheckpointWarnsAndFailsAtTheEnd) {
    EXPECT_EQ(run("measured", {"train.max_steps=5"}), ExitCode::done);
    std::uintmax_t checkpoint = 0;
    for (const auto& file : fs::directory_iterator(run_path("measured") + "/checkpoints/step-00000005")) {
        checkpoint += file.file_size() + 4096;
    }
    const std::string disk = run_path("disk");
    fs::create_directories(disk);
    const std::string size = "size=" + std::to_string(checkpoint * 3 / 2 + 400 * 1024);
    if (mount("tmpfs", disk.c_str(), "tmpfs", 0, size.c_str()) != 0) {
        GTEST_SKIP() << "needs the right to mount a tmpfs: " << std::strerror(errno);
    }
    const std::string filler(300 * 1024, 'x');
    testing::internal::CaptureStderr();
    const std::string message = error_of(
        [&] {
            run("disk", {}, [&](std::int64_t done) {
                if (done != 6) {
                    return;
                }
                await_checkpoint("disk", 5);
                write_file_atomically(disk + "/filler", filler);
            });
        },
        ExitCode::failure);
    const std::string warnings = testing::internal::GetCapturedStderr();
    EXPECT_NE(warnings.find("step-00000010 was not written"), std::string::npos) << warnings;
    EXPECT_NE(warnings.find("training goes on"), std::string::npos) << warnings;
    EXPECT_NE(message.find("step-00000020 was not written"), std::string::npos) << message;
    EXPECT_EQ(list_checkpoints(disk + "/checkpoints"), std::vector<std::string>{"step-00000005"});
    EXPECT_EQ(umount2(disk.c_str(), MNT_DETACH), 0);
}

/// A linear encoder without batch norm: its features do not depend on how a batch is split.
class LinearBackbone : public models::Backbone {
  public:
    LinearBackbone() { weight_ = register_parameter("weight", torch::randn({4, 16 * 16 * 3}) * 0.02); }
    std::vector<std::string> layer_names() const override { return {}; }
    std::int64_t feature_dim() const override { return 4; }
    models::MapShape map_shape() const override { return {feature_dim(), 1, 1}; }
    models::Architecture architecture() const override { return {"linear", {}, std::nullopt}; }
    std::string unfit(std::int64_t /*height*/, std::int64_t /*width*/) const override { return ""; }

  protected:
    at::Tensor encode(const at::Tensor& images, models::LayerTap& /*tap*/) override {
        return torch::matmul(images.flatten(1), weight_.t()).view({-1, 4, 1, 1});
    }

  private:
    at::Tensor weight_;
};

class QuarticPretext : public models::Pretext {
  public:
    explicit QuarticPretext(dist::Communicator& comm) : Pretext(std::make_shared<LinearBackbone>(), comm) {}
    models::ViewNeeds needs() const override { return {}; }
    models::PretextLoss loss(const models::PretextInput& input) override {
        const at::Tensor terms = (backbone().forward(input.views.front()).square() - 1).square().sum(1);
        return {terms.sum() / input.global_count, {}};
    }
};

TEST_F(PretrainTest, AccumulationOfAPerSampleLossEqualsTheWholeBatch) {
    const auto train = [&](const std::string& accumulate) {
        config::Document document = tiny_config(data_, "simclr", {accumulate, "optim.lr=0.00002"});
        Experiment experiment = build_experiment(document, *comm_);
        torch::manual_seed(3);
        experiment.pretext = std::make_shared<QuarticPretext>(*comm_);
        const at::Tensor weight = experiment.pretext->named_parameters()["backbone.weight"];
        const at::Tensor start = weight.detach().clone();
        Trainer trainer(experiment, *comm_);
        std::vector<double> losses;
        for (int step = 0; step < 12; ++step) { // crosses two ends of epochs
            losses.push_back(trainer.step().loss);
        }
        EXPECT_GT((weight - start).norm().item<double>(), 1e-3 * start.norm().item<double>());
        return std::pair(losses, weight.detach().clone());
    };
    const auto [whole_losses, whole] = train("train.accumulate=1");
    const auto [split_losses, split] = train("train.accumulate=4");
    for (std::size_t step = 0; step < whole_losses.size(); ++step) {
        EXPECT_NEAR(split_losses[step], whole_losses[step], 1e-5 * whole_losses[step]) << "step " << step;
    }
    EXPECT_LT((split - whole).norm().item<double>(), 1e-5 * whole.norm().item<double>());
}

/// 84 images of floats in [0, 4], without statistics.
void write_foreign_floats(const std::string& path) {
    const shards::h5::Session session;
    const shards::h5::Handle file(H5Fcreate(path.c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT));
    const std::array<hsize_t, 4> shape = {84, 16, 16, 3};
    const shards::h5::Handle space(H5Screate_simple(4, shape.data(), nullptr));
    const shards::h5::Handle set(
        H5Dcreate2(file.get(), "images", H5T_IEEE_F32LE, space.get(), H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT));
    std::vector<float> values(shape[0] * shape[1] * shape[2] * shape[3]);
    for (std::size_t i = 0; i < values.size(); ++i) {
        values[i] = static_cast<float>(i % 3) * 2.0F; // channels of 0, 2 and 4
    }
    for (std::size_t i = 0; i < values.size(); i += 6) {
        values[i] = 4.0F; // half of channel 0
    }
    H5Dwrite(set.get(), H5T_NATIVE_FLOAT, H5S_ALL, H5S_ALL, H5P_DEFAULT, values.data());
}

TEST_F(PretrainTest, FittedNormalizationIsInTheCheckpointAndIsMeasuredOnce) {
    data_ = folder_.path() + "/floats.h5";
    write_foreign_floats(data_);
    EXPECT_EQ(run("floats", {"data.range=[0, 4]", "train.max_steps=1"}), ExitCode::done);
    const Manifest manifest = newest_valid_checkpoint(run_path("floats") + "/checkpoints")->manifest;
    EXPECT_EQ(manifest.mean, (std::vector<double>{0.5, 0.5, 1})); // in units of the range
    EXPECT_EQ(manifest.std, (std::vector<double>{0.5, 1, 1}));    // constant channels are not divided
    const RunPaths paths(run_path("floats"));
    EXPECT_EQ(load_run(paths.folder, "last", *comm_).mean, manifest.mean);

    const std::string kept = read_file(paths.normalization());
    nlohmann::ordered_json changed = nlohmann::ordered_json::parse(kept);
    changed["mean"] = {0.25, 0.25, 0.25};
    const auto mean_under = [&](const std::string& rule) {
        config::Document document = tiny_config(data_, "simclr", {"data.range=[0, 4]", "data.normalize=" + rule});
        return build_experiment(document, *comm_, {}, paths.normalization()).format.mean;
    };
    testing::internal::CaptureStdout();
    EXPECT_EQ(mean_under("standard"), manifest.mean);
    EXPECT_EQ(testing::internal::GetCapturedStdout().find("measured"), std::string::npos);
    EXPECT_EQ(mean_under("minmax"), (std::vector<double>{0, 0.5, 1})); // another rule: measured anew
    write_file_atomically(paths.normalization(), changed.dump());
    testing::internal::CaptureStderr();
    EXPECT_EQ(mean_under("standard"), manifest.mean);
    const std::string warnings = testing::internal::GetCapturedStderr();
    EXPECT_TRUE(warnings.starts_with("warning: " + paths.normalization() +
                                     ": is damaged or was changed; the normalisation is measured again\n"))
        << warnings;
}

TEST_F(PretrainTest, ShardsNormalizationIsTakenUnlessTheRuleAsksForMore) {
    const auto mean_under = [&](const std::string& rule) {
        config::Document document = tiny_config(data_, "simclr", {"data.normalize=" + rule});
        return build_experiment(document, *comm_).format.mean;
    };
    EXPECT_EQ(mean_under("standard"), (std::vector<double>{0.5, 0.5, 0.5}));
    EXPECT_LT(mean_under("minmax").at(0), 0.2); // waves of 128 +- 120
}

TEST_F(PretrainTest, Bfloat16TrainsCloseToFloat32) {
    EXPECT_EQ(run("fp32", {"train.max_steps=6"}), ExitCode::done);
    EXPECT_EQ(run("bf16", {"train.max_steps=6", "train.precision=bf16"}), ExitCode::done);
    const double fp32 = newest_valid_checkpoint(run_path("fp32") + "/checkpoints")->manifest.loss;
    const double bf16 = newest_valid_checkpoint(run_path("bf16") + "/checkpoints")->manifest.loss;
    EXPECT_NE(fp32, bf16);
    EXPECT_NEAR(bf16, fp32, 0.05 * fp32);
}

TEST_F(PretrainTest, LoadedRunHasTheTrainedWeightsAndTheFreshBackboneOthers) {
    EXPECT_EQ(run("load"), ExitCode::done);
    LoadedRun last = load_run(run_path("load") + "/", "last", *comm_);
    EXPECT_EQ(last.name, "load");
    EXPECT_EQ(last.checkpoint, "step-00000020");
    EXPECT_EQ(last.mean, (std::vector<double>{0.5, 0.5, 0.5}));
    EXPECT_FALSE(last.backbone->is_training());
    const LoadedRun earlier = load_run(run_path("load"), "15", *comm_);
    EXPECT_EQ(earlier.checkpoint, "step-00000015");
    const auto fresh = make_fresh_backbone(last, 1);
    const auto same = make_fresh_backbone(last, 1);
    const std::string name = last.backbone->named_parameters()[0].key();
    EXPECT_FALSE(torch::equal(last.backbone->named_parameters()[name], earlier.backbone->named_parameters()[name]));
    EXPECT_FALSE(torch::equal(last.backbone->named_parameters()[name], fresh->named_parameters()[name]));
    EXPECT_TRUE(torch::equal(fresh->named_parameters()[name], same->named_parameters()[name]));
}

TEST_F(PretrainTest, LoadingAnAbsentCheckpointListsThoseThatExist) {
    EXPECT_EQ(run("load", {"train.max_steps=5"}), ExitCode::done);
    const std::string message = error_of([&] { load_run(run_path("load"), "4", *comm_); }, ExitCode::failure);
    EXPECT_NE(message.find("there are: step-00000005"), std::string::npos) << message;
}

/// Keeps what its loss was given.
class RecordingPretext : public QuarticPretext {
  public:
    using QuarticPretext::QuarticPretext;
    models::PretextLoss loss(const models::PretextInput& input) override {
        seen = input;
        return QuarticPretext::loss(input);
    }
    models::PretextInput seen;
};

TEST_F(PretrainTest, SampleIsWhatTheStepSees) {
    config::Document document = tiny_config(data_, "rotnet");
    Experiment experiment = build_experiment(document, *comm_);
    const auto pretext = std::make_shared<RecordingPretext>(*comm_);
    experiment.pretext = pretext;
    Trainer trainer(experiment, *comm_);
    for (const std::int64_t step : {0, 1, 2}) {
        const models::PretextInput sample = trainer.sample(step, 4);
        trainer.step();
        ASSERT_EQ(sample.views.size(), 4U);
        EXPECT_TRUE(sample.ids.equal(pretext->seen.ids.narrow(0, 0, 4))) << step;
        EXPECT_TRUE(sample.labels.equal(pretext->seen.labels.narrow(0, 0, 4))) << step;
        for (std::size_t v = 0; v < 4; ++v) {
            EXPECT_TRUE(sample.views[v].equal(pretext->seen.views[v].narrow(0, 0, 4))) << step << " " << v;
            EXPECT_TRUE(sample.rotations[v].equal(pretext->seen.rotations[v].narrow(0, 0, 4))) << step << " " << v;
        }
    }
}

TEST_F(PretrainTest, BenchMeasuresWhatItSays) {
    config::Document document = tiny_config(data_, "simclr");
    const auto begin = std::chrono::steady_clock::now();
    const StepBench bench = bench_step(document, {1, 4, true}, *comm_);
    const double outside = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
    EXPECT_EQ(bench.steps, 4);
    EXPECT_EQ(bench.batch, 16);
    const double inside = static_cast<double>(bench.steps * bench.batch) / bench.images_per_second;
    EXPECT_LT(inside, outside);
    EXPECT_GE(bench.step_ms_p95, bench.step_ms_p50);
    EXPECT_LT(bench.step_ms_p95 * 1e-3, inside); // one of four
    EXPECT_LE(bench.keep_ms_p50 * 1e-3, inside);
    EXPECT_GT(bench.keep_ms_p50, 0);
    EXPECT_GT(bench.step_ms_p50_after_keep, 0);
    EXPECT_GT(bench.optimizer_ms_p50, 0);
    EXPECT_LT(bench.optimizer_ms_p50 * 1e-3, inside);
    EXPECT_GE(bench.data_wait, 0);
    EXPECT_LT(bench.data_wait, 1);
    EXPECT_NEAR(bench.view_us * 1e-6 * 2 * bench.images_per_second, bench.loader_cpu, 1e-6); // two views an image

    Experiment experiment = build_experiment(document, *comm_); // the same steps without a bench
    Trainer trainer(experiment, *comm_);
    double loss = 0;
    for (int step = 0; step < 5; ++step) { // one of them to warm up
        loss = trainer.step().loss;
    }
    EXPECT_EQ(bench.loss, loss);
    const auto json = nlohmann::json::parse(bench.json());
    EXPECT_EQ(json.at("steps"), 4);
    EXPECT_EQ(json.at("batch"), 16);
    EXPECT_EQ(json.at("loss"), bench.loss);
    EXPECT_EQ(json.at("cuda_graph"), false);
    EXPECT_EQ(json.at("images_per_second"), bench.images_per_second);
}

TEST_F(PretrainTest, BenchCountsTheCopiesThatItMakes) {
    config::Document document = tiny_config(data_, "simclr");
    const StepBench bench = bench_step(document, {1, 2, true}, *comm_); // one step without a copy, one after one
    const double total_ms = bench.step_ms_p50 + bench.keep_ms_p50 + bench.step_ms_p50_after_keep;
    EXPECT_NEAR(static_cast<double>(bench.steps * bench.batch) * 1e3 / bench.images_per_second, total_ms,
                1e-9 * total_ms);
    const std::string message = error_of([&] { bench_step(document, {1, 1, true}, *comm_); }, ExitCode::usage);
    EXPECT_EQ(message, "--keep compares steps with and without a copy before them; measure 2 or more (--steps)");
}

} // namespace
} // namespace tacit::train
