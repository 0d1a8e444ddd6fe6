// SPDX-License-Identifier: Apache-2.0
#include "pipeline/shards/staging.hpp"

#include "pipeline/base/digest.hpp"
#include "pipeline/base/error.hpp"
#include "pipeline/base/files.hpp"
#include "pipeline/shards/dataset.hpp"
#include "tests/pipeline/shards/image_fixtures.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <sys/resource.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

namespace tacit::shards {
namespace {

namespace fs = std::filesystem;

constexpr augment::ImageShape kShape{16, 16, 3};
constexpr int kImages = 60;
constexpr int kFiles = 3;

class StagingTest : public ::testing::Test {
  protected:
    StagingTest() {
        testing::write_raw_split(data_.path(), "train", kShape, kImages, 2,
                                 static_cast<std::int64_t>(kShape.bytes()) * kImages / kFiles);
    }

    Dataset open() const { return Dataset::open(data_.path(), "train"); }
    StagingOptions here() const { return {stage_ / "deep/folder", {}}; }

    /// A data set whose files have been staged, as far as that went.
    Dataset staged(const StagingOptions& options) const {
        Dataset dataset = open();
        dataset.stage(options);
        dataset.staging()->wait();
        return dataset;
    }

    static std::string content(const Dataset& dataset) {
        Sha256 hash;
        SampleBuffer buffer;
        for (std::int64_t i = 0; i < dataset.info().size; ++i) {
            const augment::ImageView image = dataset.read(i, buffer);
            hash.update(image.data, image.shape.bytes());
        }
        return hash.hex();
    }

    /// Files of the staging folder whose name ends thus.
    std::vector<std::string> staged_files(const std::string& ending) const {
        std::vector<std::string> found;
        if (fs::exists(here().folder)) {
            for (const auto& entry : fs::directory_iterator(here().folder)) {
                if (entry.path().string().ends_with(ending)) {
                    found.push_back(entry.path().string());
                }
            }
        }
        std::sort(found.begin(), found.end());
        return found;
    }

    bool has_temporary_files() const {
        const std::vector<std::string> all = staged_files("");
        return std::any_of(all.begin(), all.end(),
                           [](const std::string& path) { return path.find(".tmp.") != std::string::npos; });
    }

    /// A disk that holds `size` bytes, as far as files of the staging folder tell.
    StagingOptions disk_of(std::uint64_t size) const {
        StagingOptions options = here();
        options.free_bytes = [this, size](const std::string& /*folder*/) {
            std::uint64_t used = 0;
            for (const std::string& path : staged_files("")) {
                used += fs::file_size(path);
            }
            return size - std::min(size, used);
        };
        return options;
    }

    std::uint64_t source_size(int file) const {
        return fs::file_size(data_ / ("train-0000" + std::to_string(file) + ".h5"));
    }

    void damage(const std::string& path) const {
        std::vector<std::uint8_t> bytes = testing::read_bytes(path);
        bytes[bytes.size() / 2] ^= 1U;
        testing::write_bytes(path, bytes);
    }

    void forget_the_boot() const {
        for (const std::string& path : staged_files(".check")) {
            std::string text = read_file(path);
            write_file_atomically(path, text.substr(0, text.rfind(' ')) + " another-boot\n");
        }
    }

    const TemporaryFolder data_;
    const TemporaryFolder stage_;
};

TEST_F(StagingTest, ReadsTheSameBytesBeforeWhileAndAfterItHappens) {
    const std::string expected = content(open());
    Dataset dataset = open();
    dataset.stage(here());
    for (int i = 0; i < 20; ++i) {
        EXPECT_EQ(content(dataset), expected);
    }
    dataset.staging()->wait();
    EXPECT_EQ(content(dataset), expected);
    const StagingReport report = dataset.staging()->report();
    EXPECT_EQ(report.files, 3U);
    EXPECT_EQ(report.staged, 3U);
    EXPECT_EQ(report.problem, "");
}

TEST_F(StagingTest, ReadsComeFromTheCopies) {
    const std::string expected = content(open());
    const Dataset dataset = staged(here());
    for (const auto& entry : fs::directory_iterator(data_.path())) {
        fs::resize_file(entry.path(), 10); // the source is as good as gone
    }
    EXPECT_EQ(content(dataset), expected);
}

TEST_F(StagingTest, CopiesAreEqualToTheirSources) {
    staged(here());
    const std::vector<std::string> copies = staged_files(".h5");
    ASSERT_EQ(copies.size(), 3U);
    for (std::size_t i = 0; i < copies.size(); ++i) {
        EXPECT_EQ(testing::read_bytes(copies[i]),
                  testing::read_bytes(data_ / ("train-0000" + std::to_string(i) + ".h5")));
    }
}

TEST_F(StagingTest, TheNextOneUsesTheCopiesThatAreThere) {
    staged(here());
    const StagingReport report = staged(here()).staging()->report();
    EXPECT_EQ(report.staged, 3U);
    EXPECT_EQ(report.copied, 0U);
    EXPECT_EQ(report.verified, 0U);
}

TEST_F(StagingTest, CopiesOfAnEarlierStartOfTheMachineAreVerifiedOnce) {
    staged(here());
    forget_the_boot();
    EXPECT_GT(staged(here()).staging()->report().verified, 0U);
    EXPECT_EQ(staged(here()).staging()->report().verified, 0U);
}

TEST_F(StagingTest, ADamagedCopyOfAnEarlierStartIsMadeAgain) {
    const std::string expected = content(open());
    staged(here());
    forget_the_boot();
    const std::string copy = staged_files(".h5").front();
    damage(copy);
    const Dataset dataset = staged(here());
    EXPECT_EQ(dataset.staging()->report().copied, fs::file_size(copy));
    EXPECT_EQ(content(dataset), expected);
}

TEST_F(StagingTest, ADamagedCopyNeverStandsBesideTheCheckOfAnother) {
    const std::string expected = content(open());
    staged(here());
    const std::string copy = staged_files(".h5").front();
    damage(copy);
    fs::remove(copy + ".check");
    fs::create_directories(copy + ".check/in the way"); // the check cannot be written, and the copy gets no name
    EXPECT_NE(staged(here()).staging()->report().problem, "");
    EXPECT_FALSE(fs::exists(copy));
    fs::remove_all(copy + ".check");
    const Dataset dataset = staged(here());
    EXPECT_EQ(dataset.staging()->report().copied, fs::file_size(copy));
    EXPECT_EQ(content(dataset), expected);
}

TEST_F(StagingTest, ADamagedCopyMakesRoomForTheNextOne) {
    staged(here());
    forget_the_boot();
    damage(staged_files(".h5").front());
    const StagingReport report =
        staged(disk_of(source_size(0) + source_size(1) + source_size(2) + 1000)).staging()->report();
    EXPECT_EQ(report.problem, "");
    EXPECT_EQ(report.staged, 3U);
}

TEST_F(StagingTest, ACopyThatWasCutOffOrHasNoCheckIsMadeAgain) {
    staged(here());
    fs::resize_file(staged_files(".h5")[0], 100);
    fs::remove(staged_files(".check")[1]);
    const Dataset dataset = staged(here());
    EXPECT_EQ(dataset.staging()->report().staged, 3U);
    EXPECT_EQ(dataset.staging()->report().copied,
              fs::file_size(staged_files(".h5")[0]) + fs::file_size(staged_files(".h5")[1]));
}

TEST_F(StagingTest, AChangedSourceNeverMeetsAnOldCopy) {
    staged(here());
    for (const auto& entry : fs::directory_iterator(data_.path())) {
        fs::remove(entry.path());
    }
    testing::write_raw_split(data_.path(), "train", kShape, kImages, 3,
                             static_cast<std::int64_t>(kShape.bytes()) * kImages / kFiles);
    const std::string expected = content(open());
    const Dataset dataset = staged(here());
    EXPECT_GT(dataset.staging()->report().copied, 0U);
    EXPECT_EQ(content(dataset), expected);
}

TEST_F(StagingTest, TooSmallADiskWarnsOnceAndTheSourceIsRead) {
    const std::string expected = content(open());
    StagingOptions options = here();
    int asked = 0;
    options.free_bytes = [&asked](const std::string& /*folder*/) { return ++asked == 1 ? 1U << 30U : 1000U; };
    ::testing::internal::CaptureStderr();
    const Dataset dataset = staged(options);
    const std::string warning = ::testing::internal::GetCapturedStderr();
    EXPECT_EQ(std::count(warning.begin(), warning.end(), '\n'), 1) << warning;
    EXPECT_NE(warning.find("train-00001.h5 takes"), std::string::npos) << warning;
    EXPECT_NE(warning.find("2 of 3 files are read where they are"), std::string::npos) << warning;
    EXPECT_EQ(dataset.staging()->report().staged, 1U);
    EXPECT_EQ(content(dataset), expected);
}

TEST_F(StagingTest, AFolderThatCannotBeMadeWarnsOnce) {
    const std::string expected = content(open());
    testing::write_bytes(stage_ / "file", {1});
    ::testing::internal::CaptureStderr();
    const Dataset dataset = staged({stage_ / "file/folder", {}});
    const std::string warning = ::testing::internal::GetCapturedStderr();
    EXPECT_EQ(std::count(warning.begin(), warning.end(), '\n'), 1) << warning;
    EXPECT_EQ(content(dataset), expected);
}

TEST_F(StagingTest, AFailingCopyIsLeftForTheSourceWithOneWarning) {
    const std::string expected = content(open());
    const Dataset dataset = staged(here());
    fs::resize_file(staged_files(".h5")[1], 100);
    ::testing::internal::CaptureStderr();
    EXPECT_EQ(content(dataset), expected);
    EXPECT_EQ(content(dataset), expected);
    const std::string warning = ::testing::internal::GetCapturedStderr();
    EXPECT_EQ(std::count(warning.begin(), warning.end(), '\n'), 1) << warning;
    EXPECT_NE(warning.find("it is cut off"), std::string::npos) << warning;
}

TEST_F(StagingTest, StopsAtOnceAndLeavesNoPart) {
    testing::write_raw_split(data_ / "large", "train", {256, 256, 3}, 100, 2); // 20 MB take five blocks
    for (int i = 0; i < 4; ++i) {
        Dataset dataset = Dataset::open(data_ / "large", "train");
        dataset.stage(here());
        if (i % 2 == 1) {
            std::this_thread::yield();
        }
    }
    EXPECT_FALSE(has_temporary_files());
}

/// Runs `body` in a process that may write files of `limit` bytes at most and is killed in the middle of a longer one.
template <class Body> int status_of_limited_child(rlim_t limit, const Body& body) {
    const pid_t child = fork();
    if (child == 0) {
        const rlimit no_core{0, 0};
        const rlimit file_size{limit, limit};
        setrlimit(RLIMIT_CORE, &no_core);
        setrlimit(RLIMIT_FSIZE, &file_size);
        body();
        _exit(0);
    }
    int status = 0;
    waitpid(child, &status, 0);
    return status;
}

TEST_F(StagingTest, AProcessKilledWhileCopyingLeavesNoWrongFile) {
    const std::string expected = content(open());
    const int status = status_of_limited_child(2000, [&] { staged(here()); });
    ASSERT_TRUE(WIFSIGNALED(status));
    EXPECT_EQ(WTERMSIG(status), SIGXFSZ);
    EXPECT_TRUE(has_temporary_files());
    EXPECT_TRUE(staged_files(".h5").empty());
    const Dataset dataset = staged(here());
    EXPECT_EQ(dataset.staging()->report().staged, 3U);
    EXPECT_EQ(content(dataset), expected);
    EXPECT_FALSE(has_temporary_files());
}

TEST_F(StagingTest, WhatAKilledProcessLeftTakesNoRoom) {
    const int status = status_of_limited_child(2000, [&] { staged(here()); });
    ASSERT_TRUE(WIFSIGNALED(status));
    ASSERT_TRUE(has_temporary_files());
    EXPECT_EQ(staged(disk_of(source_size(0) + 1000)).staging()->report().staged, 1U);
    EXPECT_FALSE(has_temporary_files());
}

TEST_F(StagingTest, WhatAKilledProcessLeftGoesWithoutRoomToo) {
    const int status = status_of_limited_child(2000, [&] { staged(here()); });
    ASSERT_TRUE(WIFSIGNALED(status));
    EXPECT_EQ(staged(disk_of(0)).staging()->report().staged, 0U);
    EXPECT_FALSE(has_temporary_files());
}

TEST_F(StagingTest, ADiskThatFillsUpLeavesNoPart) {
    const int status = status_of_limited_child(2000, [&] {
        signal(SIGXFSZ, SIG_IGN); // write(2) fails then
        const StagingReport report = staged(here()).staging()->report();
        _exit(report.staged == 0 && report.left.size() == 3 && report.problem.find("cannot write") != std::string::npos
                  ? 7
                  : 8);
    });
    ASSERT_TRUE(WIFEXITED(status));
    EXPECT_EQ(WEXITSTATUS(status), 7);
    EXPECT_FALSE(has_temporary_files());
    EXPECT_TRUE(staged_files(".h5").empty());
}

TEST_F(StagingTest, ManyAtOnceCopyEachFileOnce) {
    const std::string expected = content(open());
    std::vector<Dataset> datasets;
    for (int i = 0; i < 4; ++i) {
        datasets.push_back(open());
    }
    for (Dataset& dataset : datasets) {
        dataset.stage(here());
    }
    std::uint64_t copied = 0;
    for (Dataset& dataset : datasets) {
        dataset.staging()->wait();
        EXPECT_EQ(dataset.staging()->report().staged, 3U);
        EXPECT_EQ(content(dataset), expected);
        copied += dataset.staging()->report().copied;
    }
    std::uint64_t size = 0;
    for (const std::string& path : staged_files(".h5")) {
        size += fs::file_size(path);
    }
    EXPECT_EQ(copied, size);
}

} // namespace
} // namespace tacit::shards
