// SPDX-License-Identifier: Apache-2.0
#include "tests/pipeline/shards/stage/staging_fixture.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <sys/resource.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

namespace tacit::shards {
namespace {

namespace fs = std::filesystem;

class StagingTrouble : public StagingFixture {};

TEST_F(StagingTrouble, TooSmallADiskWarnsOnceAndTheSourceIsRead) {
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

TEST_F(StagingTrouble, AFolderThatCannotBeMadeWarnsOnce) {
    const std::string expected = content(open());
    testing::write_bytes(stage_ / "file", {1});
    ::testing::internal::CaptureStderr();
    const Dataset dataset = staged({stage_ / "file/folder", {}});
    const std::string warning = ::testing::internal::GetCapturedStderr();
    EXPECT_EQ(std::count(warning.begin(), warning.end(), '\n'), 1) << warning;
    EXPECT_EQ(content(dataset), expected);
}

TEST_F(StagingTrouble, AFailingCopyIsLeftForTheSourceWithOneWarning) {
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

TEST_F(StagingTrouble, StopsAtOnceAndLeavesNoPart) {
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

TEST_F(StagingTrouble, AProcessKilledWhileCopyingLeavesNoWrongFile) {
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

TEST_F(StagingTrouble, WhatAKilledProcessLeftTakesNoRoom) {
    const int status = status_of_limited_child(2000, [&] { staged(here()); });
    ASSERT_TRUE(WIFSIGNALED(status));
    ASSERT_TRUE(has_temporary_files());
    EXPECT_EQ(staged(disk_of(source_size(0) + 1000)).staging()->report().staged, 1U);
    EXPECT_FALSE(has_temporary_files());
}

TEST_F(StagingTrouble, WhatAKilledProcessLeftGoesWithoutRoomToo) {
    const int status = status_of_limited_child(2000, [&] { staged(here()); });
    ASSERT_TRUE(WIFSIGNALED(status));
    EXPECT_EQ(staged(disk_of(0)).staging()->report().staged, 0U);
    EXPECT_FALSE(has_temporary_files());
}

TEST_F(StagingTrouble, ADiskThatFillsUpLeavesNoPart) {
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

} // namespace
} // namespace tacit::shards
