// SPDX-License-Identifier: Apache-2.0
#include "pipeline/shards/dataset.hpp"

#include "pipeline/base/error.hpp"
#include "pipeline/shards/inspect.hpp"
#include "tests/pipeline/shards/dataset_fixtures.hpp"
#include "tests/pipeline/shards/foreign_fixtures.hpp"
#include "tests/pipeline/shards/image_fixtures.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <thread>

namespace tacit::shards {
namespace {

using testing::expect_blocks_equal_reads;
using testing::make_jpeg;
using testing::make_pixels;
using testing::make_png;
using testing::pixels_of;
using testing::write_encoded;
using testing::write_raw_split;

constexpr augment::ImageShape kSmall{8, 6, 3};

TEST(Dataset, ReadsRawImagesAsTheyWereWritten) {
    const TemporaryFolder folder;
    write_raw_split(folder.path(), "train", kSmall, 10, 3);
    const Dataset dataset = Dataset::open(folder.path(), "train");
    EXPECT_EQ(dataset.info().size, 10);
    EXPECT_EQ(dataset.info().shape, kSmall);
    EXPECT_EQ(dataset.info().classes, (std::vector<std::string>{"class0", "class1", "class2"}));
    EXPECT_EQ(dataset.info().mean, (std::vector<double>{0.5, 0.5, 0.5}));
    EXPECT_EQ(dataset.info().source, "a test");
    EXPECT_EQ(dataset.labels()[4], 1);
    for (int i = 0; i < 10; ++i) {
        EXPECT_EQ(pixels_of(dataset, i), make_pixels(kSmall, i));
    }
}

TEST(Dataset, SpreadsOverShardsInOrder) {
    const TemporaryFolder folder;
    write_raw_split(folder.path(), "train", kSmall, 10, 2, static_cast<std::int64_t>(3 * kSmall.bytes()));
    EXPECT_TRUE(std::filesystem::exists(folder / "train-00003.h5"));
    const Dataset dataset = Dataset::open(folder.path(), "train");
    ASSERT_EQ(dataset.info().size, 10);
    for (int i = 0; i < 10; ++i) {
        EXPECT_EQ(pixels_of(dataset, i), make_pixels(kSmall, i));
    }
}

TEST(Dataset, DecodesPngExactly) {
    const TemporaryFolder folder;
    write_encoded(folder.path(), {make_png(kSmall, 1), make_png({5, 9, 3}, 2)}, 3);
    const Dataset dataset = Dataset::open(folder.path(), "train");
    EXPECT_EQ(dataset.info().shape, (augment::ImageShape{0, 0, 3}));
    EXPECT_EQ(pixels_of(dataset, 0), make_pixels(kSmall, 1));
    EXPECT_EQ(pixels_of(dataset, 1), make_pixels({5, 9, 3}, 2));
}

TEST(Dataset, DecodesJpegCloseToItsPixels) {
    const TemporaryFolder folder;
    const augment::ImageShape shape{16, 16, 1};
    write_encoded(folder.path(), {make_jpeg(shape, 1)}, 1);
    const std::vector<std::uint8_t> got = pixels_of(Dataset::open(folder.path(), "train"), 0);
    const std::vector<std::uint8_t> expected = make_pixels(shape, 1);
    ASSERT_EQ(got.size(), expected.size());
    for (std::size_t i = 0; i < got.size(); ++i) {
        EXPECT_NEAR(got[i], expected[i], 6);
    }
}

TEST(Dataset, GrayImageAmongColourOnesRepeatsItsValue) {
    const TemporaryFolder folder;
    const augment::ImageShape gray{4, 4, 1};
    write_encoded(folder.path(), {make_png(gray, 3), make_jpeg(gray, 3)}, 3);
    const Dataset dataset = Dataset::open(folder.path(), "train");
    const std::vector<std::uint8_t> source = make_pixels(gray, 3);
    const std::vector<std::uint8_t> png = pixels_of(dataset, 0);
    const std::vector<std::uint8_t> jpeg = pixels_of(dataset, 1);
    ASSERT_EQ(png.size(), 3 * source.size());
    for (std::size_t i = 0; i < source.size(); ++i) {
        EXPECT_EQ(png[3 * i], source[i]);
        EXPECT_EQ(png[3 * i + 2], source[i]);
        EXPECT_EQ(jpeg[3 * i], jpeg[3 * i + 1]);
        EXPECT_EQ(jpeg[3 * i], jpeg[3 * i + 2]);
    }
}

TEST(Dataset, KeysForFilesOfOthersAreRefusedOnShards) {
    const TemporaryFolder folder;
    testing::write_raw_split(folder.path(), "train", {4, 4, 1}, 6, 2);
    const auto refused = [&](const auto& change) {
        DataSpec spec;
        spec.path = folder.path();
        change(spec);
        return message_of<ConfigError>([&] { Dataset::open(spec, "train"); });
    };
    for (const std::string& message : {refused([](DataSpec& spec) { spec.images = "images"; }),
                                       refused([](DataSpec& spec) { spec.labels = "none"; }),
                                       refused([](DataSpec& spec) { spec.axes = "NHWC"; }), refused([](DataSpec& spec) {
                                           spec.range = {0, 1};
                                       }),
                                       refused([](DataSpec& spec) { spec.split_by = "@part"; })}) {
        EXPECT_NE(message.find("is for files of others"), std::string::npos) << message;
    }
}

TEST(Dataset, ColourAmongGrayImagesIsRefused) {
    const TemporaryFolder folder;
    write_encoded(folder.path(), {make_png(kSmall, 7)}, 1);
    const Dataset dataset = Dataset::open(folder.path(), "train");
    EXPECT_NE(message_of<DataError>([&] { pixels_of(dataset, 0); }).find("has colour"), std::string::npos);
}

TEST(Dataset, AlphaIsDropped) {
    const TemporaryFolder folder;
    const augment::ImageShape rgba{4, 4, 4};
    write_encoded(folder.path(), {make_png(rgba, 2)}, 3);
    const std::vector<std::uint8_t> got = pixels_of(Dataset::open(folder.path(), "train"), 0);
    const std::vector<std::uint8_t> source = make_pixels(rgba, 2);
    for (std::size_t i = 0; i < 16; ++i) {
        EXPECT_EQ(got[3 * i + 1], source[4 * i + 1]);
    }
}

TEST(Dataset, ManyThreadsReadTheSameBytes) {
    const TemporaryFolder folder;
    write_raw_split(folder.path(), "train", kSmall, 64, 2, static_cast<std::int64_t>(10 * kSmall.bytes()));
    const Dataset dataset = Dataset::open(folder.path(), "train");
    std::vector<int> wrong(4, 0);
    {
        std::vector<std::jthread> threads;
        for (std::size_t t = 0; t < wrong.size(); ++t) {
            threads.emplace_back([&, t] {
                for (int i = 0; i < 64; ++i) {
                    wrong[t] += pixels_of(dataset, i) == make_pixels(kSmall, i) ? 0 : 1;
                }
            });
        }
    }
    EXPECT_EQ(wrong, std::vector<int>(4, 0));
}

TEST(Dataset, BlocksOfRawImagesEqualSingleReads) {
    const TemporaryFolder folder;
    write_raw_split(folder.path(), "train", {300, 300, 3}, 11, 5); // 270 kB an image: three to a block
    const Dataset dataset = Dataset::open(folder.path(), "train");
    EXPECT_GE(dataset.block_starts().size(), 5U);
    expect_blocks_equal_reads(dataset);
}

TEST(Dataset, BlocksOfEncodedImagesEqualSingleReads) {
    const TemporaryFolder folder;
    write_encoded(folder.path(), {make_png({20, 30, 3}, 1), make_jpeg({16, 16, 3}, 2), make_png({5, 5, 3}, 3)}, 3);
    expect_blocks_equal_reads(Dataset::open(folder.path(), "train"));
}

TEST(Dataset, FingerprintFollowsTheContent) {
    const TemporaryFolder first;
    const TemporaryFolder second;
    const TemporaryFolder third;
    write_raw_split(first.path(), "train", kSmall, 5, 2);
    write_raw_split(second.path(), "train", kSmall, 5, 2);
    write_raw_split(third.path(), "train", kSmall, 5, 3);
    const auto fingerprint = [](const TemporaryFolder& folder) {
        return Dataset::open(folder.path(), "train").info().fingerprint;
    };
    EXPECT_EQ(fingerprint(first), fingerprint(second));
    EXPECT_NE(fingerprint(first), fingerprint(third));
}

TEST(Dataset, ScansInChunksTellEachImagesPlace) {
    const TemporaryFolder folder;
    const testing::ForeignArray scan{"images", Element::u8, false, {4, 4, 2, 3}, {2, 2, 2, 3}, true, false, {}};
    testing::write_foreign(folder / "scan.h5", scan);
    DataSpec spec;
    spec.path = folder / "scan.h5";
    spec.axes = "NNHW";
    const Dataset dataset = Dataset::open(spec, "train");
    const std::vector<std::int64_t> places = dataset.places();
    EXPECT_EQ(places, (std::vector<std::int64_t>{0, 1, 4, 5, 2, 3, 6, 7, 8, 9, 12, 13, 10, 11, 14, 15}));
    const std::vector<std::uint8_t> bytes = testing::pattern(scan);
    for (std::size_t i = 0; i < places.size(); ++i) {
        const auto begin = bytes.begin() + places[i] * 6;
        EXPECT_EQ(pixels_of(dataset, static_cast<std::int64_t>(i)), std::vector<std::uint8_t>(begin, begin + 6)) << i;
    }
    spec.path = folder / "rows.h5";
    testing::write_foreign(spec.path, {"images", Element::u8, false, {4, 4, 2, 3}, {1, 4, 2, 3}, true, false, {}});
    EXPECT_TRUE(Dataset::open(spec, "train").places().empty());
}

TEST(Inspect, ShowsTheTreeAndTheSectionThatReadsIt) {
    const TemporaryFolder folder;
    write_raw_split(folder.path(), "train", kSmall, 3, 2);
    write_raw_split(folder.path(), "test", kSmall, 3, 2);
    const Inspection inspection = inspect(folder.path());
    std::string all;
    for (const std::string& line : inspection.lines) {
        all += line + "\n";
    }
    EXPECT_NE(all.find("images  (3, 8, 6, 3) uint8, contiguous"), std::string::npos) << all;
    EXPECT_NE(all.find("@classes = \"class0\", \"class1\""), std::string::npos) << all;
    EXPECT_EQ(inspection.data_section, "data:\n  path: " + folder.path() + "\n  train: train\n  test: test\n");
}

} // namespace
} // namespace tacit::shards
