// SPDX-License-Identifier: Apache-2.0
#include "pipeline/train/run/patient_file.hpp"

#include "pipeline/base/files.hpp"
#include "tests/pipeline/train/run/full_disk.hpp"
#include "tests/temporary_folder.hpp"

#include <filesystem>
#include <gtest/gtest.h>

namespace tacit::train {
namespace {

namespace fs = std::filesystem;

TEST(PatientFile, WhatAFullDiskDoesNotTakeIsWrittenLaterInOrderAndWhole) {
    const TemporaryFolder folder;
    const std::string path = folder.path() + "/lines";
    PatientFile file(path, "head\n");
    file.append("one\n");
    {
        const FullDisk full(11); // "tw" still fits
        file.append("two\n");
        file.append("three\n");
        EXPECT_EQ(read_file(path), "head\none\ntw");
    }
    file.append("four\n");
    EXPECT_EQ(read_file(path), "head\none\ntwo\nthree\nfour\n");
}

TEST(PatientFile, WarnsOnceAnOutageAndSaysWhatWaited) {
    const TemporaryFolder folder;
    const std::string path = folder.path() + "/none/lines";
    testing::internal::CaptureStderr();
    testing::internal::CaptureStdout();
    {
        PatientFile file(path);
        file.append("one\n");
        file.append("two\n");
        fs::create_directory(folder.path() + "/none");
        file.append("three\n");
    }
    EXPECT_EQ(testing::internal::GetCapturedStderr(),
              "warning: cannot write '" + path +
                  "': No such file or directory (ENOENT); the work goes on, and what belongs there waits in memory\n");
    EXPECT_EQ(testing::internal::GetCapturedStdout(),
              "'" + path + "' is written again, with the 3 records that waited\n");
    EXPECT_EQ(read_file(path), "one\ntwo\nthree\n");
}

TEST(PatientFile, TriesOnceMoreAtItsEnd) {
    const TemporaryFolder folder;
    const std::string path = folder.path() + "/none/lines";
    {
        PatientFile file(path);
        file.append("one\n");
        fs::create_directory(folder.path() + "/none");
    }
    EXPECT_EQ(read_file(path), "one\n");
}

TEST(PatientFile, CountsWhatIsLost) {
    const TemporaryFolder folder;
    const std::string path = folder.path() + "/none/lines";
    testing::internal::CaptureStderr();
    {
        PatientFile file(path);
        file.append(std::string(PatientFile::kMostWaiting, 'x'));
        file.append("too much\n");
        file.append("too much\n");
    }
    const std::string warnings = testing::internal::GetCapturedStderr();
    EXPECT_NE(warnings.find("'" + path + "' lacks 3 records that could not be written"), std::string::npos) << warnings;
}

TEST(PatientFile, BeginsAnewWhereItsFileIsRemoved) {
    const TemporaryFolder folder;
    const std::string path = folder.path() + "/lines";
    PatientFile file(path, "head\n");
    file.append("one\n");
    fs::remove(path);
    file.append("two\n");
    EXPECT_EQ(read_file(path), "head\ntwo\n");
}

TEST(PatientFile, LeavesAnothersFileInItsPlaceAloneAndTellsEveryOutage) {
    const TemporaryFolder folder;
    const std::string path = folder.path() + "/lines";
    testing::internal::CaptureStderr();
    PatientFile file(path, "head\n");
    file.append("one\n");
    for (int outage = 1; outage <= 2; ++outage) {
        fs::rename(path, path + ".own");
        write_file_atomically(path, "another's\n");
        file.append("two\n");
        EXPECT_EQ(read_file(path), "another's\n");
        fs::rename(path + ".own", path);
        file.append("three\n");
    }
    EXPECT_EQ(read_file(path), "head\none\ntwo\nthree\ntwo\nthree\n");
    const std::string rest = ": another file has taken its place; the work goes on, and what belongs there waits in "
                             "memory\n";
    EXPECT_EQ(testing::internal::GetCapturedStderr(),
              "warning: cannot write '" + path + "'" + rest + "warning: cannot write '" + path + "' (outage 2)" + rest);
}

TEST(PatientFile, HeadThatWaitsWhenTheFileIsRemovedIsWrittenOnce) {
    const TemporaryFolder folder;
    const std::string path = folder.path() + "/lines";
    PatientFile file(path, "head\n");
    {
        const FullDisk full(0);
        file.append("one\n");
        fs::remove(path);
        file.append("two\n");
    }
    file.append("three\n");
    EXPECT_EQ(read_file(path), "head\none\ntwo\nthree\n");
}

} // namespace
} // namespace tacit::train
