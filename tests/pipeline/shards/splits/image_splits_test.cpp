// SPDX-License-Identifier: Apache-2.0
#include "pipeline/base/error.hpp"
#include "pipeline/shards/dataset.hpp"
#include "pipeline/shards/splits/data_splits.hpp"
#include "tests/message_of.hpp"
#include "tests/pipeline/shards/guess/printed_section.hpp"
#include "tests/pipeline/shards/hdf5_files.hpp"
#include "tests/pipeline/shards/image_fixtures.hpp"
#include "tests/pipeline/shards/reading_fixtures.hpp"

#include <gtest/gtest.h>

#include <string>
#include <tuple>
#include <vector>

namespace tacit::shards {
namespace {

using Rows = std::vector<std::int64_t>;
using Numbers = std::vector<std::int32_t>;

/// Six images with label i, and lists of those in train and test.
void write_listed(const std::string& path, const Rows& train, const Rows& test) {
    const testing::Hdf5File file(path);
    add<std::uint8_t>(file, "X", {6, 8, 8, 3}, 251);
    add<std::int64_t>(file, "Y", {6}, 6);
    file.add("train_idx", {train.size()}, train);
    file.add("test_idx", {test.size()}, test);
}

TEST(ListsOfSplits, AreNamedWhereTheyAreNotRead) {
    const TemporaryFolder folder;
    write_listed(folder / "a.h5", {5, 0, 2}, {1, 4});
    const std::string what = "a.h5: 'train_idx', 'test_idx' may list the images of splits by number, and are not read, "
                             "so that all images are of one split; data.split_by: '{split}_idx'";
    EXPECT_NE(warning_of(spec_of(folder / "a.h5")).find(what), std::string::npos);
    EXPECT_TRUE(mentions(inspect(folder / "a.h5", kWithoutMeasuring).notes, what));
    EXPECT_EQ(Dataset::open(spec_of(folder / "a.h5"), "train").info().size, 6);
}

TEST(ListsOfSplits, ChooseImagesBySplitBy) {
    const TemporaryFolder folder;
    write_listed(folder / "a.h5", {5, 0, 2}, {1, 4});
    DataSpec spec = spec_of(folder / "a.h5");
    spec.split_by = "{split}_idx";
    EXPECT_EQ(splits_of(spec), (std::vector<std::string>{"train", "test"}));
    EXPECT_EQ(Dataset::open(spec, "train").labels(), (Numbers{0, 2, 5}));
    EXPECT_EQ(Dataset::open(spec, "test").labels(), (Numbers{1, 4})); // image 3 is in none
}

TEST(ListsOfSplits, ThatDoNotFitAreRefused) {
    for (const auto& [train, test, why] :
         {std::tuple{Rows{1, 2, 6}, Rows{0}, "train_idx: holds 6, which is no number of an image, from 0 to 5"},
          {Rows{1, 2}, Rows{2, 3}, "test_idx: holds 2, which stands in a list of split 'train' already"}}) {
        const TemporaryFolder folder;
        write_listed(folder / "a.h5", train, test);
        DataSpec spec = spec_of(folder / "a.h5");
        spec.split_by = "{split}_idx";
        const std::string message = message_of<DataError>([&] { Dataset::open(spec, "train"); });
        EXPECT_NE(message.find(why), std::string::npos) << message;
    }
}

} // namespace
} // namespace tacit::shards
