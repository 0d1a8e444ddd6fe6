// SPDX-License-Identifier: Apache-2.0
#include "pipeline/base/error.hpp"
#include "tests/pipeline/shards/import/import_fixtures.hpp"

#include <gtest/gtest.h>

namespace tacit::shards {
namespace {

using namespace tacit::testing; // NOLINT(google-build-using-namespace)

std::uint8_t pixel(int y, int x, int c, int seed) {
    return static_cast<std::uint8_t>(y + 3 * x + 80 * c + seed);
}

/// Planes column by column, as STL-10 stores them.
Bytes stl10_image(int seed) {
    Bytes bytes;
    for (int c = 0; c < 3; ++c) {
        for (int x = 0; x < 96; ++x) {
            for (int y = 0; y < 96; ++y) {
                bytes.push_back(pixel(y, x, c, seed));
            }
        }
    }
    return bytes;
}

void write_stl10(const TemporaryFolder& folder) {
    Bytes train = stl10_image(1);
    const Bytes second = stl10_image(2);
    train.insert(train.end(), second.begin(), second.end());
    write_bytes(folder / "source/stl10_binary/train_X.bin", train);
    write_bytes(folder / "source/stl10_binary/train_y.bin", {1, 10});
    write_bytes(folder / "source/stl10_binary/test_X.bin", stl10_image(3));
    write_bytes(folder / "source/stl10_binary/test_y.bin", {4});
    write_bytes(folder / "source/stl10_binary/unlabeled_X.bin", stl10_image(4));
}

TEST(ImportStl10, TurnsColumnsIntoRows) {
    const TemporaryFolder folder;
    write_stl10(folder);
    const ImportSummary summary = import_images(options_for(folder));
    EXPECT_EQ(summary.kind, "stl10");
    ASSERT_EQ(summary.splits.size(), 3U);
    EXPECT_EQ(summary.splits[2].name, "unlabeled");
    const Dataset train = Dataset::open(folder / "shards", "train");
    const Bytes pixels = pixels_of(train, 1);
    for (const auto& [y, x] : {std::pair{0, 0}, {5, 70}, {95, 1}}) {
        for (int c = 0; c < 3; ++c) {
            EXPECT_EQ(pixels[static_cast<std::size_t>((y * 96 + x) * 3 + c)], pixel(y, x, c, 2));
        }
    }
}

TEST(ImportStl10, CountsLabelsFromOneAndLeavesTheUnlabeledWithout) {
    const TemporaryFolder folder;
    write_stl10(folder);
    const std::string names = "a\nb\nc\nd\ne\nf\ng\nh\ni\nj\n";
    write_bytes(folder / "source/stl10_binary/class_names.txt", {names.begin(), names.end()});
    import_images(options_for(folder));
    const Dataset train = Dataset::open(folder / "shards", "train");
    EXPECT_EQ(train.labels(), (std::vector<std::int32_t>{0, 9}));
    EXPECT_EQ(train.info().classes[9], "j");
    EXPECT_EQ(Dataset::open(folder / "shards", "unlabeled").labels(), (std::vector<std::int32_t>{-1}));
}

TEST(ImportStl10, CutAndWrongFilesAreRefused) {
    const TemporaryFolder folder;
    write_stl10(folder);
    write_bytes(folder / "source/stl10_binary/train_y.bin", {1, 11});
    EXPECT_NE(message_of<DataError>([&] { import_images(options_for(folder)); }).find("label 1 is 11"),
              std::string::npos);
    write_bytes(folder / "source/stl10_binary/train_y.bin", {1});
    EXPECT_NE(message_of<DataError>([&] { import_images(options_for(folder)); }).find("1 label for 2 images"),
              std::string::npos);
    write_bytes(folder / "source/stl10_binary/train_X.bin", Bytes(30000));
    EXPECT_NE(message_of<DataError>([&] { import_images(options_for(folder)); }).find("not a multiple"),
              std::string::npos);
}

} // namespace
} // namespace tacit::shards
