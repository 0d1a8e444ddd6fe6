// SPDX-License-Identifier: Apache-2.0
#include "pipeline/base/error.hpp"
#include "pipeline/base/files.hpp"
#include "tests/message_of.hpp"

#include <cerrno>
#include <filesystem>
#include <gtest/gtest.h>
#include <string>

namespace tacit {
namespace {

namespace fs = std::filesystem;

class Files : public ::testing::Test {
  protected:
    void SetUp() override {
        folder_ = fs::path(::testing::TempDir()) / ::testing::UnitTest::GetInstance()->current_test_info()->name();
        fs::remove_all(folder_);
        fs::create_directories(folder_);
    }
    void TearDown() override { fs::remove_all(folder_); }
    std::string path(const std::string& name) const { return (folder_ / name).string(); }
    std::size_t entries() const {
        return static_cast<std::size_t>(std::distance(fs::directory_iterator(folder_), fs::directory_iterator()));
    }
    fs::path folder_;
};

TEST_F(Files, WritesTheWholeContentAndLeavesNothingElse) {
    const std::string content("a\0b\n", 4);
    write_file_atomically(path("f"), content);
    EXPECT_EQ(read_file(path("f")), content);
    EXPECT_EQ(entries(), 1U);
}

TEST_F(Files, ReplacesOldContent) {
    write_file_atomically(path("f"), "a long old content");
    write_file_atomically(path("f"), "new");
    EXPECT_EQ(read_file(path("f")), "new");
}

TEST_F(Files, AFailedWriteKeepsTheOldFileAndNamesThePath) {
    fs::create_directories(path("f/occupied")); // a rename over a folder that is not empty fails
    const std::string message = message_of<Error>([&] { write_file_atomically(path("f"), "new"); });
    EXPECT_NE(message.find(path("f")), std::string::npos) << message;
    EXPECT_TRUE(fs::is_directory(path("f/occupied")));
    EXPECT_EQ(entries(), 1U);
}

TEST_F(Files, AMissingFolderIsNamedWithTheReason) {
    const std::string message = message_of<Error>([&] { write_file_atomically(path("none/f"), "x"); });
    EXPECT_EQ(message, "cannot write '" + path("none/f") + "': No such file or directory (ENOENT)");
}

TEST(FullDisk, IsAnIoErrorWithTheReason) {
    if (!fs::exists("/dev/full")) {
        GTEST_SKIP() << "no /dev/full here";
    }
    // The temporary file of "/dev/full" would be a plain file, so link the temporary's own name to the full device.
    const fs::path folder = fs::path(::testing::TempDir()) / "full_disk";
    fs::remove_all(folder);
    fs::create_directories(folder);
    const std::string before = temporary_path((folder / "f").string()); // ends in a count
    const std::size_t dot = before.rfind('.');
    fs::create_symlink("/dev/full", before.substr(0, dot + 1) + std::to_string(std::stoi(before.substr(dot + 1)) + 1));
    const std::string message = message_of<Error>([&] { write_file_atomically((folder / "f").string(), "x"); });
    EXPECT_NE(message.find("No space left on device (ENOSPC)"), std::string::npos) << message;
    EXPECT_TRUE(fs::is_empty(folder));
    fs::remove_all(folder);
}

TEST_F(Files, ReadingWhatIsMissingNamesIt) {
    EXPECT_THROW(read_file(path("none")), IoError);
    const std::string message = message_of<Error>([&] { read_file(path("none")); });
    EXPECT_NE(message.find("none"), std::string::npos);
    EXPECT_NE(message.find("ENOENT"), std::string::npos);
}

TEST_F(Files, ReadingAFolderIsAnError) {
    EXPECT_NE(message_of<Error>([&] { read_file(folder_.string()); }).find("EISDIR"), std::string::npos);
}

TEST_F(Files, ReadingStopsAtTheLimit) {
    write_file_atomically(path("f"), "12345");
    EXPECT_EQ(read_file(path("f"), 5), "12345");
    EXPECT_THROW(read_file(path("f"), 4), DataError);
}

TEST_F(Files, RenameDurablyReplacesTheTarget) {
    write_file_atomically(path("a"), "new");
    write_file_atomically(path("b"), "old");
    rename_durably(path("a"), path("b"));
    EXPECT_EQ(read_file(path("b")), "new");
    EXPECT_FALSE(fs::exists(path("a")));
    EXPECT_THROW(rename_durably(path("a"), path("b")), IoError);
}

TEST(ErrnoText, HasTheMessageAndTheName) {
    errno = ENOSPC;
    EXPECT_EQ(errno_text(), "No space left on device (ENOSPC)");
}

} // namespace
} // namespace tacit
