// SPDX-License-Identifier: Apache-2.0
#include "augment/geometry/permutations.hpp"
#include "pipeline/base/error.hpp"
#include "pipeline/base/files.hpp"
#include "pipeline/train/run/run_folder.hpp"
#include "tests/message_of.hpp"
#include "tests/temporary_folder.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <unistd.h>

namespace tacit::train {
namespace {

TEST(RunFolder, KeepsThePermutationsOfPuzzlesAlone) {
    const RunPaths paths(::testing::TempDir() + "tacit-permutations-" + std::to_string(getpid()));
    std::filesystem::create_directory(paths.folder);
    const augment::OpSpec puzzle{"jigsaw", 1.0, {{"grid", {2}}, {"permutations", {10}}}};
    write_permutations(paths, augment::Recipe({"test", 8, {{{}, 0}, {{puzzle}, 1}}}, 3));
    EXPECT_FALSE(std::filesystem::exists(paths.permutations(0)));
    const std::string text = read_file(paths.permutations(1));
    EXPECT_EQ(augment::parse_permutations(text, "kept"), augment::permutation_set(4, 10));
    std::filesystem::remove_all(paths.folder);
}

TEST(RunPaths, SlashesAtTheEndOfTheFolderDoNotShow) {
    EXPECT_EQ(RunPaths("runs/a//").config(), "runs/a/config.yaml");
    EXPECT_EQ(RunPaths("runs/a").random_features(), "runs/a/features/random-encoder");
    EXPECT_EQ(RunPaths("/").folder, "/");
}

TEST(RunPaths, AFolderThatCannotBeMadeIsNamed) {
    const TemporaryFolder folder;
    make_folder(folder.path() + "/a/b");
    make_folder(folder.path() + "/a/b");
    EXPECT_TRUE(std::filesystem::is_directory(folder.path() + "/a/b"));
    write_file_atomically(folder.path() + "/a/file", "in the way");
    EXPECT_EQ(message_of<IoError>([&] { make_folder(folder.path() + "/a/file/c"); }),
              "cannot create folder '" + folder.path() + "/a/file/c': Not a directory");
}

} // namespace
} // namespace tacit::train
