// SPDX-License-Identifier: Apache-2.0
#include "pipeline/base/files.hpp"
#include "pipeline/train/checkpoint.hpp"
#include "pipeline/train/run_folder.hpp"
#include "pipeline/train/signals.hpp"
#include "tests/pipeline/train/pretrain_fixture.hpp"

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
                      if (done == 6)
                          request_stop();
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
                      if (done == 7)
                          request_stop();
                  }),
              ExitCode::requeue);
    EXPECT_EQ(run("stopped", windows), ExitCode::done);
    expect_same_end("whole", "stopped");
}

TEST_F(ResumeTest, CrashedRunGoesOnFromItsNewestCheckpointAndEndsWithTheSameBytes) {
    const std::vector<std::string> adamw = {"optim.name=adamw", "optim.lr=0.001"};
    EXPECT_EQ(run("whole", adamw), ExitCode::done);
    const auto crash = [](std::int64_t done) {
        if (done == 13)
            throw std::runtime_error("crash");
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
                         if (done == 13)
                             throw std::runtime_error("crash");
                     }),
                 std::runtime_error);
    const std::string newest = run_path("damaged") + "/checkpoints/step-00000010/model.safetensors";
    fs::resize_file(newest, fs::file_size(newest) - 1);
    EXPECT_EQ(run("damaged"), ExitCode::done);
    expect_same_end("whole", "damaged");
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
                      if (done == 6)
                          request_stop();
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

TEST_F(ResumeTest, SecondWriterOfARunFolderIsRefused) {
    const RunLock lock(run_path("locked"));
    const std::string message = error_of([&] { run("locked"); }, ExitCode::failure);
    EXPECT_NE(message.find("another tacit pretrain"), std::string::npos) << message;
}

} // namespace
} // namespace tacit::train
