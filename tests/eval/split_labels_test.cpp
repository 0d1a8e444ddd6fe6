// SPDX-License-Identifier: Apache-2.0
#include "eval/split_labels.hpp"
#include "pipeline/base/error.hpp"
#include "tests/eval/tiny_dataset.hpp"
#include "tests/message_of.hpp"

#include <gtest/gtest.h>

namespace tacit::eval {
namespace {

using Labels = std::vector<std::int32_t>;

std::vector<std::string> notes_of(const Labels& train, const Labels& test) {
    const TemporaryFolder folder;
    write_tiny_split(folder.path(), "train", train);
    write_tiny_split(folder.path(), "test", test);
    return label_notes(shards::Dataset::open(folder.path(), "train"), shards::Dataset::open(folder.path(), "test"));
}

TEST(SplitLabels, NothingIsSaidWhereAllImagesCount) {
    EXPECT_TRUE(notes_of({0, 1, 2}, {0, 1}).empty());
    EXPECT_TRUE(notes_of({1, 2, 3}, {3, 1}).empty()); // class 0 has no image: it does not exist
}

TEST(SplitLabels, AClassOfTheTestSplitAloneIsNamedAndCounted) {
    const auto notes = notes_of({0, 1, 1}, {0, 1, 2, 2, 3});
    ASSERT_EQ(notes.size(), 1U);
    EXPECT_NE(notes[0].find("classes that split 'train' lacks: class 2 (2), class 3 (1); these 3 of 5 test images "
                            "count as never right"),
              std::string::npos)
        << notes[0];
}

TEST(SplitLabels, UnlabelledImagesAreCounted) {
    const auto notes = notes_of({0, 1, -1}, {0, 1, -1, -1});
    ASSERT_EQ(notes.size(), 2U);
    EXPECT_NE(notes[0].find("split 'train': 1 of 3 images have no label"), std::string::npos) << notes[0];
    EXPECT_NE(notes[1].find("split 'test': 2 of 4 images have no label"), std::string::npos) << notes[1];
}

TEST(SplitLabels, NoLabelsOneClassAndNoCommonClassAreRefused) {
    EXPECT_NE(message_of<DataError>([] {
                  notes_of({-1, -1}, {0, 1});
              }).find("split 'train' has no labels"),
              std::string::npos);
    EXPECT_NE(message_of<DataError>([] {
                  notes_of({0, 1}, {-1});
              }).find("split 'test' has no labels"),
              std::string::npos);
    EXPECT_NE(message_of<DataError>([] {
                  notes_of({1, 1}, {1});
              }).find("has one class only (class 1)"),
              std::string::npos);
    EXPECT_NE(message_of<DataError>([] { notes_of({0, 1}, {2, 3}); }).find("no class in common"), std::string::npos);
}

} // namespace
} // namespace tacit::eval
