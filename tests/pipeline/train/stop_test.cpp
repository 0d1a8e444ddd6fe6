// SPDX-License-Identifier: Apache-2.0
#include "models/weights/safetensors.hpp"
#include "pipeline/base/error.hpp"
#include "pipeline/base/files.hpp"
#include "pipeline/train/machine/signals.hpp"
#include "pipeline/train/state/checkpoint.hpp"
#include "pipeline/train/state/checkpoint_writer.hpp"
#include "pipeline/train/state/model_state.hpp"
#include "tests/temporary_folder.hpp"

#include <torch/types.h>
#include <torch/utils.h>

#include <atomic>
#include <chrono>
#include <cmath>
#include <csignal>
#include <fcntl.h>
#include <filesystem>
#include <future>
#include <gtest/gtest.h>
#include <new>
#include <string>
#include <sys/stat.h>
#include <thread>
#include <unistd.h>
#include <vector>

namespace tacit::train {
namespace {

class CheckpointWriterTest : public testing::Test {
  protected:
    CheckpointWriterTest() { clear_stop(); }
    ~CheckpointWriterTest() override { clear_stop(); }

    static Manifest at(std::int64_t step) {
        Manifest manifest;
        manifest.step = step;
        manifest.pretext = "simclr";
        return manifest;
    }
    static NamedTensors state(double value) { return {{"weight", torch::full({2, 3}, value)}}; }
    std::vector<std::string> checkpoints() const { return list_checkpoints(folder_.path()); }
    /// Whether `condition` holds within ten seconds.
    template <class Condition> static bool soon(const Condition& condition) {
        const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(10);
        while (!condition() && std::chrono::steady_clock::now() < end) {
            std::this_thread::sleep_for(std::chrono::milliseconds(1));
        }
        return condition();
    }

    TemporaryFolder folder_;
};

/// What is written to stdout and stderr while it lives, to be read meanwhile.
class Said {
  public:
    explicit Said(const std::string& path) : path_(path) {
        const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
        for (const int stream : {STDOUT_FILENO, STDERR_FILENO}) {
            before_.push_back(::dup(stream));
            ::dup2(file, stream);
        }
        ::close(file);
    }
    ~Said() {
        ::dup2(before_[0], STDOUT_FILENO);
        ::dup2(before_[1], STDERR_FILENO);
        for (const int stream : before_) {
            ::close(stream);
        }
    }
    Said(const Said&) = delete;
    Said& operator=(const Said&) = delete;
    bool has(const std::string& words) const { return read_file(path_).find(words) != std::string::npos; }

  private:
    std::string path_;
    std::vector<int> before_;
};

TEST_F(CheckpointWriterTest, StopDuringASlowStepWritesTheStateAfterTheLastWholeOneAtOnce) {
    CheckpointWriter writer(folder_.path(), 3, 0);
    const NamedTensors model = state(7);
    writer.remember(at(7), model, state(70));
    model.front().second.fill_(8); // the next step, which is not whole
    request_stop();
    ASSERT_TRUE(soon([&] { return writer.saved_step() == 7; }));
    const std::string path = folder_.path() + "/step-00000007";
    EXPECT_EQ(verify_checkpoint(path).step, 7);
    EXPECT_TRUE(torch::equal(models::read_safetensors(path + "/model.safetensors").tensors.front().second,
                             torch::full({2, 3}, 7.0)));
    EXPECT_TRUE(torch::equal(models::read_safetensors(path + "/optimizer.safetensors").tensors.front().second,
                             torch::full({2, 3}, 70.0)));
}

TEST_F(CheckpointWriterTest, StopThatLeavesNoTimeToWriteHasSaidWhatIsOnDisk) {
    const Said said(folder_.path() + "/said");
    std::promise<void> killed;
    CheckpointWriter writer(folder_.path(), 3, 4, [&] { killed.get_future().wait(); });
    writer.remember(at(7), state(7), state(7));
    request_stop();
    EXPECT_TRUE(soon([&] {
        return said.has(
            "stop asked for: writing step-00000007, the state after the last whole step; until that is said "
            "to be on disk, the newest whole checkpoint is step-00000004\n");
    }));
    EXPECT_TRUE(checkpoints().empty());
    killed.set_value();
    EXPECT_TRUE(soon([&] { return said.has("stop asked for: step-00000007 is on disk"); }));
}

TEST_F(CheckpointWriterTest, SignalIsAnsweredLikeARequest) {
    const StopSignals signals;
    CheckpointWriter writer(folder_.path(), 3, 0);
    writer.remember(at(7), state(6), state(60));
    writer.remember(at(8), state(7), state(70));
    std::raise(SIGTERM);
    EXPECT_TRUE(soon([&] { return writer.saved_step() == 8; }));
    EXPECT_TRUE(stop_requested());
}

TEST_F(CheckpointWriterTest, StopDuringAFastStepIsLeftToTheLoop) {
    const Said said(folder_.path() + "/said");
    CheckpointWriter writer(folder_.path(), 3, 0);
    writer.remember(at(7), state(7), state(7));
    writer.forget();
    request_stop();
    EXPECT_TRUE(soon([&] { return said.has("stop asked for: the run ends after what it does now"); }));
    EXPECT_TRUE(checkpoints().empty());
}

TEST_F(CheckpointWriterTest, StopBeforeTheFirstStepSaysWhatIsOnDisk) {
    const auto said = [&](std::int64_t saved) {
        testing::internal::CaptureStdout();
        {
            const CheckpointWriter writer(folder_.path(), 3, saved);
            request_stop();
            std::this_thread::sleep_for(std::chrono::milliseconds(500));
        }
        clear_stop();
        return testing::internal::GetCapturedStdout();
    };
    EXPECT_EQ(said(0),
              "stop asked for before the first step of this start is complete: there is nothing to keep yet; the "
              "run ends after that step\n");
    EXPECT_EQ(said(40),
              "stop asked for before the first step of this start is complete: step-00000040 is on disk; the run "
              "ends after that step\n");
}

TEST_F(CheckpointWriterTest, NewerCheckpointStays) {
    const Said said(folder_.path() + "/said");
    CheckpointWriter writer(folder_.path(), 3, 0);
    writer.remember(at(7), state(7), state(7));
    writer.write(at(8), state(8), state(8));
    request_stop();
    EXPECT_TRUE(soon([&] { return said.has("stop asked for: step-00000008 is on disk"); }));
    EXPECT_EQ(checkpoints(), std::vector<std::string>{"step-00000008"});
}

TEST_F(CheckpointWriterTest, WhatAStopWroteIsNotWrittenAgainUnlessItIsGone) {
    CheckpointWriter writer(folder_.path(), 3, 0);
    const std::string weights = folder_.path() + "/step-00000007/model.safetensors";
    const auto written = [&] { return std::filesystem::last_write_time(weights); };
    writer.remember(at(7), state(7), state(7));
    request_stop();
    ASSERT_TRUE(soon([&] { return writer.saved_step() == 7; }));
    const auto before = written();
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    writer.write(at(7), state(7), state(7));
    EXPECT_EQ(written(), before);
    std::filesystem::remove_all(folder_.path() + "/step-00000007");
    writer.write(at(7), state(7), state(7));
    EXPECT_EQ(verify_checkpoint(folder_.path() + "/step-00000007").step, 7);
}

TEST_F(CheckpointWriterTest, NoErrorOfAnyKindEndsTheProcessAtAStop) {
    const Said said(folder_.path() + "/said");
    CheckpointWriter writer(folder_.path(), 3, 0, [] { throw std::bad_alloc(); });
    writer.remember(at(7), state(7), state(7));
    request_stop();
    EXPECT_TRUE(soon([&] { return said.has("the state after the last whole step was not kept: out of memory"); }));
}

TEST_F(CheckpointWriterTest, StopHasOnlyToRenameWhatIsStaged) {
    std::atomic<int> writes = 0;
    CheckpointWriter writer(
        folder_.path(), 3, 0, [&] { ++writes; }, true);
    writer.remember(at(6), state(6), state(60), 1e9);
    ASSERT_TRUE(soon([&] { return is_staged(folder_.path(), 6); }));
    std::this_thread::sleep_for(std::chrono::milliseconds(50)); // until the thread is ready for the next
    const NamedTensors model = state(7);
    writer.remember(at(7), model, state(70), 1e9);
    model.front().second.fill_(8); // the next step, which is not whole
    ASSERT_TRUE(soon([&] { return is_staged(folder_.path(), 7); }));
    EXPECT_TRUE(soon([&] { return !is_staged(folder_.path(), 6); })) << "one at a time";
    EXPECT_TRUE(checkpoints().empty()) << "nobody asked for it";
    const auto inode = [&](const std::string& name) {
        struct stat status {};
        EXPECT_EQ(::stat((folder_.path() + "/" + name + "/model.safetensors").c_str(), &status), 0);
        return status.st_ino;
    };
    const auto staged = inode("step-00000007.tmp");
    request_stop();
    ASSERT_TRUE(soon([&] { return writer.saved_step() == 7; }));
    EXPECT_EQ(inode("step-00000007"), staged);
    EXPECT_EQ(verify_checkpoint(folder_.path() + "/step-00000007").step, 7);
    EXPECT_TRUE(torch::equal(
        models::read_safetensors(folder_.path() + "/step-00000007/model.safetensors").tensors.front().second,
        torch::full({2, 3}, 7.0)));
    writer.write(at(8), state(8), state(80));
    EXPECT_EQ(checkpoints(), (std::vector<std::string>{"step-00000008", "step-00000007"}));
}

TEST_F(CheckpointWriterTest, WhatIsStagedNeitherOutlivesACheckpointNorHidesThatItIsGone) {
    CheckpointWriter writer(folder_.path(), 3, 0, {}, true);
    writer.remember(at(6), state(6), state(60), 1e9);
    ASSERT_TRUE(soon([&] { return is_staged(folder_.path(), 6); }));
    writer.write(at(7), state(7), state(70));
    EXPECT_FALSE(is_staged(folder_.path(), 6));
    writer.remember(at(8), state(8), state(80), 1e9);
    ASSERT_TRUE(soon([&] { return is_staged(folder_.path(), 8); }));
    std::filesystem::remove_all(folder_.path() + "/step-00000008.tmp"); // as who removes the run's folder
    writer.write(at(8), state(8), state(80));
    EXPECT_EQ(verify_checkpoint(folder_.path() + "/step-00000008").step, 8);
}

TEST_F(CheckpointWriterTest, StagingTakesItsShareOfTheStepsTimeAndNoneWhereStopsCanWait) {
    CheckpointWriter hasty(folder_.path(), 3, 0, {}, true);
    hasty.remember(at(1), state(1), state(1));
    ASSERT_TRUE(soon([&] { return is_staged(folder_.path(), 1); }));
    hasty.remember(at(2), state(2), state(2), 1e-9); // the first took longer than that
    CheckpointWriter patient(folder_.path() + "/patient", 3, 0);
    patient.remember(at(2), state(2), state(2), 1e9);
    std::this_thread::sleep_for(std::chrono::milliseconds(200));
    EXPECT_TRUE(is_staged(folder_.path(), 1) && !is_staged(folder_.path(), 2));
    EXPECT_FALSE(is_staged(folder_.path() + "/patient", 2));
    hasty.remember(at(3), state(3), state(3), 1e9); // which pays for it
    EXPECT_TRUE(soon([&] { return is_staged(folder_.path(), 3); }));
}

TEST_F(CheckpointWriterTest, TrainingNeverWaitsForStaging) {
    std::promise<void> may_write;
    CheckpointWriter writer(
        folder_.path(), 3, 0, [gate = may_write.get_future().share()] { gate.wait(); }, true);
    writer.remember(at(6), state(6), state(6));
    std::this_thread::sleep_for(std::chrono::milliseconds(100)); // it begins
    writer.remember(at(7), state(7), state(7));                  // and this returns meanwhile
    may_write.set_value();
    ASSERT_TRUE(soon([&] { return is_staged(folder_.path(), 6); }));
}

TEST_F(CheckpointWriterTest, StopWhileAStateIsStagedFirstPublishesTheOneBefore) {
    int writes = 0;
    std::promise<void> begun;
    std::vector<std::string> on_disk;
    CheckpointWriter writer(
        folder_.path(), 3, 0,
        [&] { // on the writer's thread: stages 6, stages 7, which a stop interrupts, writes 7
            if (++writes == 2) {
                begun.set_value();
                while (!stop_requested()) {
                    std::this_thread::sleep_for(std::chrono::milliseconds(1));
                }
            } else if (writes == 3) {
                on_disk = list_checkpoints(folder_.path());
            }
        },
        true);
    writer.remember(at(6), state(6), state(60));
    ASSERT_TRUE(soon([&] { return is_staged(folder_.path(), 6); }));
    std::this_thread::sleep_for(std::chrono::milliseconds(50)); // until the thread is ready for the next
    writer.remember(at(7), state(7), state(70), 1e9);
    begun.get_future().wait();
    request_stop();
    ASSERT_TRUE(soon([&] { return writer.saved_step() == 7; }));
    EXPECT_EQ(on_disk, std::vector<std::string>{"step-00000006"});
    EXPECT_EQ(verify_checkpoint(folder_.path() + "/step-00000006").step, 6);
    EXPECT_EQ(verify_checkpoint(folder_.path() + "/step-00000007").step, 7);
}

TEST_F(CheckpointWriterTest, WhatCannotBeStagedIsWarnedOfOnce) {
    const std::string file = folder_.path() + "/occupied";
    write_file_atomically(file, "no folder");
    const Said said(folder_.path() + "/said");
    std::atomic<int> tries = 0;
    CheckpointWriter writer(
        file, 3, 0, [&] { ++tries; }, true);
    for (int step = 7; step < 10; ++step) {
        ASSERT_TRUE(soon([&] { // it leaves a state out while it tries the one before
            writer.remember(at(step), state(7), state(7), 1e9);
            return tries > step - 7;
        }));
    }
    ASSERT_TRUE(soon([&] { return said.has("; a stop in the next step could lose this one"); }));
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
    const std::string text = read_file(folder_.path() + "/said");
    EXPECT_NE(text.find("was not written: "), std::string::npos);
    EXPECT_EQ(text.find("could lose this one"), text.rfind("could lose this one")) << text;
}

TEST_F(CheckpointWriterTest, WhatIsSubmittedIsWrittenMeanwhileFromACopy) {
    std::promise<void> may_write;
    CheckpointWriter writer(folder_.path(), 3, 0, [gate = may_write.get_future().share()] { gate.wait(); });
    const NamedTensors model = state(7);
    writer.submit(at(7), model, state(70));
    model.front().second.fill_(8); // training goes on
    EXPECT_EQ(writer.saved_step(), 0);
    EXPECT_TRUE(checkpoints().empty());
    may_write.set_value();
    ASSERT_TRUE(soon([&] { return writer.saved_step() == 7; }));
    EXPECT_EQ(verify_checkpoint(folder_.path() + "/step-00000007").step, 7);
    EXPECT_TRUE(torch::equal(
        models::read_safetensors(folder_.path() + "/step-00000007/model.safetensors").tensors.front().second,
        torch::full({2, 3}, 7.0)));
}

TEST_F(CheckpointWriterTest, WhatIsSubmittedIsOnDiskWhenTheWriterIsGone) {
    for (std::int64_t step = 1; step <= 20; ++step) {
        {
            CheckpointWriter writer(folder_.path(), 2, step - 1);
            writer.submit(at(step), state(1), state(1));
        }
        ASSERT_EQ(newest_valid_checkpoint(folder_.path())->manifest.step, step);
    }
    CheckpointWriter writer(folder_.path(), 2, 20);
    for (std::int64_t step = 21; step <= 40; ++step) { // each waits for the one before
        writer.submit(at(step), state(1), state(1));
    }
    writer.write(at(41), state(1), state(1));
    EXPECT_EQ(checkpoints(), (std::vector<std::string>{"step-00000041", "step-00000040"}));
}

TEST_F(CheckpointWriterTest, WhatCannotBeWrittenMeanwhileIsAWarningAndAtTheEndAnError) {
    const std::string file = folder_.path() + "/occupied";
    write_file_atomically(file, "no folder");
    CheckpointWriter writer(file, 3, 0);
    const Said said(folder_.path() + "/said");
    writer.submit(at(7), state(7), state(7));
    EXPECT_TRUE(soon([&] {
        return said.has("step-00000007 was not written: ") && said.has("there is no checkpoint yet; training goes on");
    }));
    EXPECT_FALSE(writer.met_not_finite());
    EXPECT_THROW(writer.write(at(8), state(8), state(8)), IoError);
    EXPECT_THROW(writer.write(at(9), state(8), state(8)), IoError); // again, and the first is not remembered
}

TEST_F(CheckpointWriterTest, WeightsThatAreNotFiniteAreNotWrittenAndRememberedForTheLoop) {
    CheckpointWriter writer(folder_.path(), 3, 0);
    EXPECT_NO_THROW(writer.check());
    writer.submit(at(7), state(NAN), state(7));
    ASSERT_TRUE(soon([&] { return writer.met_not_finite(); }));
    EXPECT_TRUE(checkpoints().empty());
    EXPECT_THROW(writer.check(), NotFiniteError);
    EXPECT_THROW(writer.write(at(8), state(INFINITY), state(8)), NotFiniteError);
}

TEST_F(CheckpointWriterTest, LoopAndStopNeverWriteAtOnce) {
    for (int round = 0; round < 20; ++round) {
        clear_stop();
        CheckpointWriter writer(folder_.path(), 2, round * 10);
        writer.remember(at(round * 10 + 1), state(1), state(1));
        std::thread signal([] { request_stop(); });
        for (int step = 2; step < 6; ++step) {
            writer.remember(at(round * 10 + step), state(step), state(step));
            writer.write(at(round * 10 + step), state(step), state(step));
        }
        signal.join();
        const auto newest = newest_valid_checkpoint(folder_.path());
        ASSERT_TRUE(newest.has_value());
        EXPECT_EQ(newest->manifest.step, round * 10 + 5);
    }
}

} // namespace
} // namespace tacit::train
