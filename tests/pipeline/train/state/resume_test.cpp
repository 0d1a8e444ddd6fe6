// SPDX-License-Identifier: Apache-2.0
#include "models/weights/safetensors.hpp"
#include "pipeline/base/digest.hpp"
#include "pipeline/base/files.hpp"
#include "pipeline/train/machine/signals.hpp"
#include "pipeline/train/normalization.hpp"
#include "pipeline/train/run/run_folder.hpp"
#include "pipeline/train/state/checkpoint.hpp"
#include "tests/pipeline/train/pretrain_fixture.hpp"

#include <torch/types.h>
#include <torch/utils.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <gtest/gtest.h>
#include <stdexcept>

namespace tacit::train {
namespace {

namespace fs = std::filesystem;

class ResumeTest : public PretrainFixture {};

TEST_F(ResumeTest, StoppedAndResumedRunEndsWithTheSameBytes) {
    EXPECT_EQ(run("whole"), ExitCode::done);
    EXPECT_EQ(run("stopped", {},
                  [](std::int64_t done) {
                      if (done == 6) {
                          request_stop();
                      }
                  }),
              ExitCode::requeue);
    EXPECT_TRUE(fs::exists(run_path("stopped") + "/checkpoints/step-00000007"));
    EXPECT_EQ(run("stopped"), ExitCode::done);
    expect_same_end("whole", "stopped");
}

TEST_F(ResumeTest, StoppedAndResumedRunInWindowsEndsWithTheSameBytes) {
    const std::vector<std::string> windows = {"data.shuffle=window", "data.on_bad_sample=skip"};
    EXPECT_EQ(run("whole", windows), ExitCode::done);
    EXPECT_EQ(run("stopped", windows,
                  [](std::int64_t done) {
                      if (done == 7) {
                          request_stop();
                      }
                  }),
              ExitCode::requeue);
    EXPECT_EQ(run("stopped", windows), ExitCode::done);
    expect_same_end("whole", "stopped");
}

TEST_F(ResumeTest, CrashedRunGoesOnFromItsNewestCheckpointAndEndsWithTheSameBytes) {
    const std::vector<std::string> adamw = {"optim.name=adamw", "optim.lr=0.001"};
    EXPECT_EQ(run("whole", adamw), ExitCode::done);
    const auto crash = [](std::int64_t done) {
        if (done == 13) {
            throw std::runtime_error("crash");
        }
    };
    EXPECT_THROW(run("crashed", adamw, crash), std::runtime_error);
    EXPECT_EQ(list_checkpoints(run_path("crashed") + "/checkpoints").front(), "step-00000010");
    EXPECT_EQ(run("crashed", adamw), ExitCode::done);
    expect_same_end("whole", "crashed");
}

TEST_F(ResumeTest, DamagedNewestCheckpointIsPassedOverAndTheRunEndsWithTheSameBytes) {
    EXPECT_EQ(run("whole"), ExitCode::done);
    EXPECT_THROW(run("damaged", {},
                     [](std::int64_t done) {
                         if (done == 13) {
                             throw std::runtime_error("crash");
                         }
                     }),
                 std::runtime_error);
    const std::string newest = run_path("damaged") + "/checkpoints/step-00000010/model.safetensors";
    fs::resize_file(newest, fs::file_size(newest) - 1);
    EXPECT_EQ(run("damaged"), ExitCode::done);
    expect_same_end("whole", "damaged");
}

TEST_F(ResumeTest, DamagedNewestCheckpointTakesNoPlaceOfANewOne) {
    EXPECT_EQ(run("whole"), ExitCode::done);
    const auto run_until = [&](std::int64_t step) {
        EXPECT_THROW(run("damaged", {"checkpoint.keep=1"},
                         [&](std::int64_t done) {
                             if (done == step) {
                                 throw std::runtime_error("crash");
                             }
                         }),
                     std::runtime_error);
    };
    const std::string folder = run_path("damaged") + "/checkpoints";
    run_until(13);
    ASSERT_EQ(list_checkpoints(folder), std::vector<std::string>{"step-00000010"});
    fs::resize_file(folder + "/step-00000010/model.safetensors", 10);
    testing::internal::CaptureStderr();
    run_until(8);
    const std::string warnings = testing::internal::GetCapturedStderr();
    EXPECT_NE(warnings.find("NONE of the 1 checkpoint in " + folder +
                            " can be used (see above): training starts from "
                            "step 0"),
              std::string::npos)
        << warnings;
    EXPECT_EQ(list_checkpoints(folder), std::vector<std::string>{"step-00000005"});
    testing::internal::CaptureStdout();
    EXPECT_EQ(run("damaged", {"checkpoint.keep=1"}), ExitCode::done);
    const std::string said = testing::internal::GetCapturedStdout();
    EXPECT_NE(said.find("step-00000005 at step 5 of 20"), std::string::npos) << said;
    expect_same_end("whole", "damaged");
}

TEST_F(ResumeTest, CheckpointOfAnotherFolderIsNotSaidToBeInThisOne) {
    EXPECT_EQ(run("other", {"train.max_steps=5", "optim.schedule=constant"}), ExitCode::done);
    resume_ = run_path("other") + "/checkpoints/step-00000005";
    const std::string message = error_of(
        [&] {
            run("mine", {"optim.schedule=constant", "checkpoint.every_epochs=0", "checkpoint.every_steps=0"},
                [&](std::int64_t done) {
                    if (done == 6) { // what is in its place cannot be written into
                        remove_folder(run_path("mine") + "/checkpoints");
                        write_file_atomically(run_path("mine") + "/checkpoints", "in the way");
                    }
                });
        },
        ExitCode::failure);
    EXPECT_NE(message.find("there is no checkpoint yet"), std::string::npos) << message;
}

TEST_F(ResumeTest, NormalizationOfTheCheckpointWinsOverAChangedFile) {
    const auto stop_at_6 = [](std::int64_t done) {
        if (done == 6) {
            request_stop();
        }
    };
    const std::string minmax = "data.normalize=minmax";
    EXPECT_EQ(run("whole", {minmax}), ExitCode::done);
    EXPECT_EQ(run("changed", {minmax}, stop_at_6), ExitCode::requeue);
    config::Document document = tiny_config(data_, "simclr", {minmax});
    const Experiment experiment = build_experiment(document, *comm_);
    write_normalization(RunPaths(run_path("changed")).normalization(), {{0.1, 0.1, 0.1}, {0.2, 0.2, 0.2}},
                        experiment.data, experiment.dataset->info());
    testing::internal::CaptureStderr();
    EXPECT_EQ(run("changed", {minmax}), ExitCode::done);
    const std::string warnings = testing::internal::GetCapturedStderr();
    EXPECT_NE(warnings.find("not with mean 0.1 0.1 0.1"), std::string::npos) << warnings;
    EXPECT_NE(warnings.find("the checkpoint's are used"), std::string::npos) << warnings;
    expect_same_end("whole", "changed");
}

TEST_F(ResumeTest, ThreadsAreThoseOfTheCheckpointUnlessTheConfigSaysOthers) {
    const auto stop_at_6 = [](std::int64_t done) {
        if (done == 6) {
            request_stop();
        }
    };
    const auto threads = [&](const std::string& name) {
        return newest_valid_checkpoint(run_path(name) + "/checkpoints")->manifest.threads;
    };
    EXPECT_EQ(run("whole", {"train.threads=3"}), ExitCode::done);
    EXPECT_EQ(run("stopped", {"train.threads=3"}, stop_at_6), ExitCode::requeue);
    EXPECT_EQ(threads("stopped"), 3);
    EXPECT_EQ(run("stopped", {"train.threads=0"}), ExitCode::done);
    EXPECT_EQ(threads("stopped"), 3);
    expect_same_end("whole", "stopped");

    EXPECT_EQ(run("other", {"train.threads=3"}, stop_at_6), ExitCode::requeue);
    testing::internal::CaptureStderr();
    EXPECT_EQ(run("other", {"train.threads=1"}), ExitCode::done);
    EXPECT_NE(testing::internal::GetCapturedStderr().find("train.threads is 1, the checkpoint was trained with 3"),
              std::string::npos);
}

TEST_F(ResumeTest, CheckpointOfARunThatHadDivergedIsPassedOver) {
    EXPECT_EQ(run("whole"), ExitCode::done);
    EXPECT_THROW(run("diverged", {},
                     [](std::int64_t done) {
                         if (done == 13) {
                             throw std::runtime_error("crash");
                         }
                     }),
                 std::runtime_error);
    const std::string newest = run_path("diverged") + "/checkpoints/step-00000010";
    const std::string model = newest + "/model.safetensors";
    NamedTensors tensors = models::read_safetensors(model).tensors;
    const auto weight = std::find_if(tensors.begin(), tensors.end(),
                                     [](const auto& entry) { return entry.second.is_floating_point(); });
    weight->second.flatten()[0] = std::nan("");
    models::write_safetensors(model, tensors);
    Manifest manifest = parse_manifest(read_file(newest + "/manifest.json"), newest);
    for (CheckpointFile& file : manifest.files) {
        file.sha256 = sha256_of_file(newest + "/" + file.name);
    }
    write_file_atomically(newest + "/manifest.json", manifest_json(manifest)); // as an earlier Tacit wrote it
    const std::string refused = error_of([&] { load_run(run_path("diverged"), "10", *comm_); }, ExitCode::failure);
    EXPECT_NE(refused.find(model + ": 1 of "), std::string::npos) << refused;
    EXPECT_NE(refused.find("the run had diverged before; use an earlier checkpoint"), std::string::npos) << refused;
    testing::internal::CaptureStderr();
    EXPECT_EQ(run("diverged"), ExitCode::done);
    EXPECT_NE(testing::internal::GetCapturedStderr().find("hold numbers that are not finite"), std::string::npos);
    expect_same_end("whole", "diverged");
}

TEST_F(ResumeTest, CheckpointThatIsOlderThanAKeyGoesOnWithItsDefaultAndWithNothingElse) {
    EXPECT_EQ(run("whole"), ExitCode::done);
    EXPECT_EQ(run("older", {},
                  [](std::int64_t done) {
                      if (done == 6) {
                          request_stop();
                      }
                  }),
              ExitCode::requeue);
    const std::string path = run_path("older") + "/checkpoints/step-00000007/manifest.json";
    Manifest manifest = parse_manifest(read_file(path), path);
    for (const char* key : {"train.accumulate", "optim.betas[0]", "optim.betas[1]"}) {
        EXPECT_EQ(manifest.config.erase(key), 1U) << key;
    }
    write_file_atomically(path, manifest_json(manifest));
    const std::string message = error_of([&] { run("older", {"train.accumulate=2"}); }, ExitCode::usage);
    EXPECT_NE(message.find("train.accumulate is 2, the checkpoint has 1"), std::string::npos) << message;
    load_run(run_path("older"), "last", *comm_);
    EXPECT_EQ(run("older"), ExitCode::done);
    expect_same_end("whole", "older");
}

TEST_F(ResumeTest, FinishedRunStartedAgainSaysSoAndChangesNothing) {
    EXPECT_EQ(run("done"), ExitCode::done);
    const std::string metrics = read_file(run_path("done") + "/metrics.jsonl");
    testing::internal::CaptureStdout();
    EXPECT_EQ(run("done"), ExitCode::done);
    EXPECT_NE(testing::internal::GetCapturedStdout().find("is finished: 20 of 20 steps"), std::string::npos);
    EXPECT_EQ(read_file(run_path("done") + "/metrics.jsonl"), metrics);
}

TEST_F(ResumeTest, ResumeWithAnotherLearningRateIsRefusedByName) {
    EXPECT_EQ(run("refused", {"train.max_steps=5"}), ExitCode::done);
    const std::string message = error_of(
        [&] {
            run("refused", {"train.max_steps=5", "optim.lr=0.5"});
        },
        ExitCode::usage);
    EXPECT_NE(message.find("optim.lr is 0.5, the checkpoint has 0.02"), std::string::npos) << message;
}

TEST_F(ResumeTest, ResumeInAnotherOrderIsRefused) {
    EXPECT_EQ(run("refused", {"train.max_steps=5"}), ExitCode::done);
    EXPECT_EQ(run("refused", {"train.max_steps=5", "data.window=9"}), ExitCode::done); // of no use to a full shuffle
    const std::string message = error_of(
        [&] {
            run("refused", {"train.max_steps=5", "data.shuffle=window"});
        },
        ExitCode::usage);
    EXPECT_NE(message.find("data.order is windows of "), std::string::npos) << message;
}

TEST_F(ResumeTest, ResumeOnOtherDataIsRefused) {
    EXPECT_EQ(run("refused", {"train.max_steps=5"}), ExitCode::done);
    fs::remove_all(data_);
    write_tiny_shards(data_, 85);
    const std::string message = error_of([&] { run("refused", {"train.max_steps=5"}); }, ExitCode::usage);
    EXPECT_NE(message.find("it was trained on other images"), std::string::npos) << message;
    EXPECT_NE(message.find("start in another run folder"), std::string::npos) << message;
}

TEST_F(ResumeTest, ChangedLabelsAreToldAndTheRunEndsWithTheSameBytes) {
    EXPECT_EQ(run("whole"), ExitCode::done);
    EXPECT_EQ(run("relabelled", {},
                  [](std::int64_t done) {
                      if (done == 6) {
                          request_stop();
                      }
                  }),
              ExitCode::requeue);
    fs::remove_all(data_);
    write_tiny_shards(data_, 84, 3);
    testing::internal::CaptureStderr();
    EXPECT_EQ(run("relabelled"), ExitCode::done);
    const std::string told = testing::internal::GetCapturedStderr();
    EXPECT_NE(told.find("the labels of split 'train' are not those that "), std::string::npos) << told;
    expect_same_end("whole", "relabelled");
}

TEST_F(ResumeTest, ResumeNeverRefusesToOverwrite) {
    EXPECT_EQ(run("old", {"train.max_steps=5"}), ExitCode::done);
    resume_ = "never";
    const std::string message = error_of([&] { run("old", {"train.max_steps=5"}); }, ExitCode::usage);
    EXPECT_NE(message.find("holds checkpoints"), std::string::npos) << message;
}

TEST_F(ResumeTest, ConstantScheduleMayBeLengthened) {
    const std::string constant = "optim.schedule=constant";
    EXPECT_EQ(run("longer", {constant, "train.max_steps=5"}), ExitCode::done);
    EXPECT_EQ(run("longer", {constant, "train.max_steps=8"}), ExitCode::done);
    EXPECT_TRUE(fs::exists(run_path("longer") + "/checkpoints/step-00000008"));
}

TEST_F(ResumeTest, LengthIsFixedWhereTheMomentumOfATargetMovesWithIt) {
    const std::vector<std::string> small = {"optim.schedule=constant", "pretext.projector=[16, 8]"};
    const auto byol = [&](const std::string& name, const std::string& ema, const std::string& steps) {
        std::vector<std::string> changes = small;
        changes.insert(changes.end(), {"pretext.ema=" + ema, "train.max_steps=" + steps});
        return run(name, changes, {}, "byol");
    };
    EXPECT_EQ(byol("moving", "{from: 0.9}", "5"), ExitCode::done);
    const std::string message = error_of([&] { byol("moving", "{from: 0.9}", "8"); }, ExitCode::usage);
    EXPECT_NE(message.find("train.max_steps is 8, the checkpoint has 5"), std::string::npos) << message;
    EXPECT_EQ(byol("still", "0.9", "5"), ExitCode::done);
    EXPECT_EQ(byol("still", "0.9", "8"), ExitCode::done);
}

TEST_F(ResumeTest, SecondWriterOfARunFolderIsRefused) {
    const RunLock lock(run_path("locked"));
    const std::string message = error_of([&] { run("locked"); }, ExitCode::failure);
    EXPECT_NE(message.find("another tacit pretrain"), std::string::npos) << message;
}

} // namespace
} // namespace tacit::train
