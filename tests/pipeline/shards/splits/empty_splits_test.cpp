// SPDX-License-Identifier: Apache-2.0
#include "pipeline/base/error.hpp"
#include "pipeline/shards/dataset.hpp"
#include "pipeline/shards/splits/data_splits.hpp"
#include "tests/pipeline/shards/hdf5_files.hpp"
#include "tests/pipeline/shards/image_fixtures.hpp"

#include <gtest/gtest.h>

namespace tacit::shards {
namespace {

using Names = std::vector<std::string>;

/// A file of images and, in `fold`, the number of the split of each.
struct ImagesWithFolds {
    explicit ImagesWithFolds(const std::vector<std::int64_t>& folds, hid_t type = H5T_NATIVE_INT64) {
        spec.path = folder / "cells.h5";
        spec.split_by = "fold";
        const testing::Hdf5File file(spec.path);
        file.add("images", {folds.size(), 2, 2, 1}, std::vector<std::uint8_t>(folds.size() * 4));
        file.add("fold", type, {folds.size()}, folds.data(), {});
    }

    TemporaryFolder folder;
    DataSpec spec;
};

TEST(EmptySplits, NumberThatNoImageHasIsNoSplit) {
    const ImagesWithFolds images({4, 1, 2, 1, 5, 4});
    EXPECT_EQ(splits_of(images.spec), (Names{"1", "2", "4", "5"}));
    EXPECT_EQ(Dataset::open(images.spec, "1").info().size, 2);
    EXPECT_EQ(Dataset::open(images.spec, "4").info().size, 2);
    EXPECT_EQ(Dataset::open(images.spec, "5").info().size, 1);
    for (const char* none : {"0", "3"}) {
        const std::string message = message_of<DataError>([&] { Dataset::open(images.spec, none); });
        EXPECT_NE(message.find("data.split_by names: 1, 2, 4, 5"), std::string::npos) << message;
    }
}

TEST(EmptySplits, ImagesWithoutANumberAreInNoSplit) {
    const ImagesWithFolds images({-1, 2, -1});
    EXPECT_EQ(splits_of(images.spec), (Names{"2"}));
    EXPECT_EQ(Dataset::open(images.spec, "2").info().size, 1);
}

TEST(EmptySplits, MemberOfAnEnumerationThatNoImageHasIsNoSplit) {
    const h5::Session session;
    const h5::Handle type(H5Tenum_create(H5T_NATIVE_INT64));
    std::int64_t number = 0;
    for (const char* name : {"train", "val", "test"}) {
        H5Tenum_insert(type.get(), name, &number);
        ++number;
    }
    const ImagesWithFolds images({2, 0, 2}, type.get());
    EXPECT_EQ(splits_of(images.spec), (Names{"train", "test"}));
    EXPECT_EQ(Dataset::open(images.spec, "test").info().size, 2);
}

} // namespace
} // namespace tacit::shards
