// SPDX-License-Identifier: Apache-2.0
#include "tests/pipeline/shards/stage/staging_fixture.hpp"

#include <gtest/gtest.h>

#include <filesystem>

namespace tacit::shards {
namespace {

namespace fs = std::filesystem;

class StagingTest : public StagingFixture {};

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
