// SPDX-License-Identifier: Apache-2.0
#include "pipeline/base/error.hpp"
#include "pipeline/shards/dataset.hpp"
#include "pipeline/shards/format/shard_writer.hpp"
#include "tests/pipeline/shards/dataset_fixtures.hpp"
#include "tests/pipeline/shards/image_fixtures.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>

namespace tacit::shards {
namespace {

using testing::make_pixels;
using testing::make_png;
using testing::pixels_of;
using testing::write_encoded;
using testing::write_raw_split;

constexpr augment::ImageShape kSmall{8, 6, 3};

/// Overwrites the first place in the file that holds `old`.
void patch(const std::string& path, const std::vector<std::uint8_t>& old, const std::vector<std::uint8_t>& fresh) {
    std::vector<std::uint8_t> bytes = testing::read_bytes(path);
    const auto place = std::search(bytes.begin(), bytes.end(), old.begin(), old.end());
    ASSERT_NE(place, bytes.end());
    std::copy(fresh.begin(), fresh.end(), place);
    testing::write_bytes(path, bytes);
}

TEST(DamagedShard, FlippedByteIsFoundAndNamed) {
    const TemporaryFolder folder;
    write_raw_split(folder.path(), "train", kSmall, 6, 2);
    std::vector<std::uint8_t> damaged = make_pixels(kSmall, 4);
    damaged[11] ^= 1U;
    patch(folder / "train-00000.h5", make_pixels(kSmall, 4), damaged);
    const Dataset dataset = Dataset::open(folder.path(), "train");
    EXPECT_EQ(pixels_of(dataset, 3), make_pixels(kSmall, 3));
    const std::string message = message_of<DataError>([&] { pixels_of(dataset, 4); });
    EXPECT_NE(message.find("train-00000.h5: images: image 4 "), std::string::npos) << message;
    EXPECT_NE(message.find("damaged"), std::string::npos) << message;
}

TEST(DamagedShard, FlippedLabelIsFoundOnOpening) {
    const TemporaryFolder folder;
    write_raw_split(folder.path(), "train", kSmall, 6, 2);
    patch(folder / "train-00000.h5", {0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0},
          {1, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0});
    const std::string message = message_of<DataError>([&] { Dataset::open(folder.path(), "train"); });
    EXPECT_NE(message.find("checksum differs"), std::string::npos) << message;
}

TEST(DamagedShard, TruncatedFileIsRefused) {
    const TemporaryFolder folder;
    write_raw_split(folder.path(), "train", {64, 64, 3}, 20, 2);
    const std::string path = folder / "train-00000.h5";
    const auto whole = std::filesystem::file_size(path);
    for (const auto size : {whole - 1, whole / 2, std::uintmax_t{600}, std::uintmax_t{10}, std::uintmax_t{0}}) {
        std::filesystem::resize_file(path, size);
        const std::string message = message_of<DataError>([&] { Dataset::open(folder.path(), "train"); });
        EXPECT_NE(message.find("train-00000.h5"), std::string::npos) << message;
    }
}

TEST(DamagedShard, FileCutWhileOpenIsAnError) {
    const TemporaryFolder folder;
    write_raw_split(folder.path(), "train", {64, 64, 3}, 20, 2);
    const Dataset dataset = Dataset::open(folder.path(), "train");
    std::filesystem::resize_file(folder / "train-00000.h5", 5000);
    const std::string message = message_of<DataError>([&] { pixels_of(dataset, 19); });
    EXPECT_NE(message.find("image 19"), std::string::npos) << message;
    EXPECT_NE(message.find("truncated"), std::string::npos) << message;
}

TEST(DamagedShard, LyingOffsetsAreRefused) {
    const TemporaryFolder folder;
    const std::vector<std::uint8_t> png = make_png(kSmall, 1);
    write_encoded(folder.path(), {png, png}, 3);
    const auto little_endian = [](std::uint64_t value) {
        std::vector<std::uint8_t> bytes;
        for (unsigned i = 0; i < 8; ++i) {
            bytes.push_back(static_cast<std::uint8_t>(value >> (8 * i)));
        }
        return bytes;
    };
    std::vector<std::uint8_t> old = little_endian(png.size());
    const std::vector<std::uint8_t> end = little_endian(2 * png.size());
    old.insert(old.end(), end.begin(), end.end());
    std::vector<std::uint8_t> lie = little_endian(std::uint64_t{1} << 60U);
    lie.insert(lie.end(), end.begin(), end.end());
    patch(folder / "train-00000.h5", old, lie);
    const std::string message = message_of<DataError>([&] { Dataset::open(folder.path(), "train"); });
    EXPECT_NE(message.find("offsets: image 0 claims bytes"), std::string::npos) << message;
}

TEST(DamagedShard, MissingShardIsNoticed) {
    const TemporaryFolder folder;
    write_raw_split(folder.path(), "train", kSmall, 10, 2, static_cast<std::int64_t>(3 * kSmall.bytes()));
    std::filesystem::remove(folder / "train-00001.h5");
    const std::string message = message_of<DataError>([&] { Dataset::open(folder.path(), "train"); });
    EXPECT_NE(message.find("has 7 of 10 images"), std::string::npos) << message;
}

TEST(DamagedShard, UnsealedShardDoesNotOpen) {
    const TemporaryFolder folder;
    ShardWriter writer(folder.path(), {"train", Layout::raw, kSmall, {}, ""}, 1);
    const std::vector<std::uint8_t> pixels = make_pixels(kSmall, 0);
    writer.add(pixels, 0, -1, 0);
    writer.add(pixels, 0, -1, 1);
    ASSERT_TRUE(std::filesystem::exists(folder / "train-00000.h5"));
    const std::string message = message_of<DataError>([&] { Dataset::open(folder.path(), "train"); });
    EXPECT_NE(message.find("train-00000.h5: is an unfinished shard"), std::string::npos) << message;
}

TEST(DamagedShard, MissingSplitListsThoseThatExist) {
    const TemporaryFolder folder;
    write_raw_split(folder.path(), "train", kSmall, 2, 1);
    write_raw_split(folder.path(), "val", kSmall, 2, 1);
    const std::string message = message_of<DataError>([&] { Dataset::open(folder.path(), "test"); });
    EXPECT_NE(message.find("no split 'test'; it holds: train, val"), std::string::npos) << message;
}

TEST(DamagedShard, MissingFolderIsAnIoError) {
    EXPECT_NE(message_of<IoError>([] { Dataset::open("/nowhere/shards", "train"); }).find("/nowhere/shards"),
              std::string::npos);
}

} // namespace
} // namespace tacit::shards
