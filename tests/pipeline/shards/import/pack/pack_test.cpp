// SPDX-License-Identifier: Apache-2.0
#include "pipeline/base/digest.hpp"
#include "pipeline/base/error.hpp"
#include "pipeline/shards/format/shard_writer.hpp"
#include "pipeline/shards/import/write/shuffled_order.hpp"
#include "pipeline/shards/read/half.hpp"
#include "pipeline/shards/stage/reading_speed.hpp"
#include "pipeline/shards/verify.hpp"
#include "tests/pipeline/shards/foreign_fixtures.hpp"
#include "tests/pipeline/shards/hdf5_files.hpp"
#include "tests/pipeline/shards/import/import_fixtures.hpp"
#include "tests/pipeline/shards/import/pack/pack_fixtures.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <filesystem>

namespace tacit::shards {
namespace {

namespace fs = std::filesystem;
using namespace tacit::testing; // NOLINT(google-build-using-namespace)

/// 24 images, six to a chunk, as (N, C, H, W).
std::string write_chunked(const TemporaryFolder& folder, Element element = Element::u8) {
    const std::string path = folder / "chunked.h5";
    std::vector<std::int64_t> labels(24);
    for (std::size_t i = 0; i < labels.size(); ++i) {
        labels[i] = static_cast<std::int64_t>(i % 4);
    }
    ForeignArray array{"images", element, true, {24, 3, 6, 5}, {6, 3, 6, 5}, true, false, {}};
    write_foreign(path, array, labels);
    return path;
}

class PackedType : public ::testing::TestWithParam<Element> {};

TEST_P(PackedType, KeepsPixelsLabelsOrderAndRange) {
    const TemporaryFolder folder;
    ImportOptions options = pack_options(folder, write_chunked(folder, GetParam()));
    options.axes = "NCHW";
    if (GetParam() == Element::u16 || GetParam() == Element::i16) {
        options.range = {-300, 4095};
    } else if (GetParam() != Element::u8) {
        options.range = {-1, 1.5};
    }
    const ImportSummary summary = import_images(options);
    EXPECT_EQ(summary.layout, Layout::raw);
    EXPECT_EQ(summary.element, GetParam() == Element::bf16 ? Element::f32 : GetParam());
    expect_same(Dataset::open(options, "train"), packed_split(options));
    DataSpec packed;
    packed.path = options.out;
    EXPECT_TRUE(verify(packed, {}, 2).good());
}

INSTANTIATE_TEST_SUITE_P(Pack, PackedType,
                         ::testing::Values(Element::u8, Element::u16, Element::i16, Element::f16, Element::bf16,
                                           Element::f32, Element::f64),
                         [](const auto& type) { return std::string(element_name(type.param)); });

TEST(Pack, Bfloat16BecomesTheSameNumbersInWiderFloats) {
    const TemporaryFolder folder;
    const std::string path = write_chunked(folder, Element::bf16);
    ImportOptions options = pack_options(folder, path);
    options.axes = "NCHW";
    options.range = {0, 1};
    import_images(options);
    const Bytes narrow = stored_bytes(Dataset::open(options, "train"), 17);
    const Bytes wide = stored_bytes(packed_split(options), 17);
    ASSERT_EQ(wide.size(), 2 * narrow.size());
    for (std::size_t i = 0; i < narrow.size() / 2; ++i) {
        std::uint16_t bits = 0;
        float value = 0;
        std::memcpy(&bits, narrow.data() + 2 * i, 2);
        std::memcpy(&value, wide.data() + 4 * i, 4);
        EXPECT_EQ(value, float_of_bf16(bits));
    }
}

TEST(Pack, StatisticsAreThoseOfTheTrainingSplit) {
    const TemporaryFolder folder;
    write_foreign(folder / "two.h5", {"test/images", Element::u8, false, {1, 1, 2, 1}, {}, false, false, {0, 0}});
    write_foreign(folder / "two.h5", {"train/images", Element::u8, false, {1, 1, 2, 1}, {}, false, false, {0, 255}});
    const ImportSummary summary = import_images(pack_options(folder, folder / "two.h5"));
    EXPECT_EQ(summary.mean, (std::vector<double>{0.5}));
    EXPECT_EQ(summary.std, (std::vector<double>{0.5}));
    ASSERT_EQ(summary.splits.size(), 2U);
    EXPECT_EQ(summary.splits[0].name, "train");
}

TEST(Pack, DeclaredRangeOfIntegersScalesTheStatistics) {
    const TemporaryFolder folder;
    write_foreign(folder / "x.h5", {"images", Element::u16, false, {1, 1, 2, 1}, {}, false, false, {0, 0, 0, 4}});
    ImportOptions options = pack_options(folder, folder / "x.h5"); // 0 and 1024
    options.range = {0, 2048};
    import_images(options);
    const DatasetInfo info = packed_split(options).info();
    EXPECT_NEAR(info.mean[0], 0.25, 1e-12);
    EXPECT_NEAR(info.std[0], 0.25, 1e-12);
}

TEST(Pack, SplitsThatNameOtherClassesShareTheirNumbers) {
    const TemporaryFolder folder;
    for (const auto& [split, classes] : std::vector<std::pair<std::string, std::vector<std::string>>>{
             {"train", {"ant", "cat", "dog"}}, {"test", {"cat", "dog"}}}) {
        const testing::Hdf5File file(folder / ("c_" + split + ".h5"));
        for (const std::string& name : classes) {
            const std::vector<std::uint8_t> png = testing::make_png({4, 4, 3}, 1);
            file.add(name + "/0", {png.size()}, png);
        }
    }
    ImportOptions options = pack_options(folder, folder / "c_{split}.h5");
    options.images = "/";
    options.labels = "group";
    import_images(options);
    const Dataset test = Dataset::open(options.out, "test");
    EXPECT_EQ(test.info().classes, (std::vector<std::string>{"ant", "cat", "dog"}));
    EXPECT_EQ(test.labels(), (std::vector<std::int32_t>{1, 2}));
}

TEST(Pack, BytesDoNotDependOnThreads) {
    const TemporaryFolder folder;
    const std::string source = write_chunked(folder);
    std::vector<std::string> contents;
    for (const int threads : {1, 2, 5}) {
        ImportOptions options = pack_options(folder, source);
        options.axes = "NCHW";
        options.threads = threads;
        options.shuffle_seed = 9;
        options.overwrite = true;
        import_images(options);
        contents.push_back(sha256_of(folder_content(options.out)));
    }
    EXPECT_EQ(contents[0], contents[1]);
    EXPECT_EQ(contents[0], contents[2]);
}

TEST(Pack, ShufflesImagesAndLabelsTogetherAndKeepsTheirPlaces) {
    const TemporaryFolder folder;
    ImportOptions options = pack_options(folder, write_chunked(folder));
    options.axes = "NCHW";
    options.shuffle_seed = 3;
    import_images(options);
    const Dataset source = Dataset::open(options, "train");
    const Dataset packed = packed_split(options);
    const std::vector<std::int64_t> order = shuffled_order(source.block_starts(), 1000, 3);
    EXPECT_FALSE(std::is_sorted(order.begin(), order.end()));
    std::vector<std::uint64_t> ids(order.begin(), order.end());
    const auto* bytes = reinterpret_cast<const std::uint8_t*>(ids.data());
    EXPECT_GT(place_of(options.out + "/train-00000.h5", {bytes, bytes + ids.size() * sizeof(ids[0])}), 0U);
    for (std::size_t i = 0; i < order.size(); ++i) {
        EXPECT_EQ(pixels_of(source, order[i]), pixels_of(packed, static_cast<std::int64_t>(i)));
        EXPECT_EQ(source.labels()[static_cast<std::size_t>(order[i])], packed.labels()[i]);
    }
}

TEST(Pack, StoppedAndStartedAgainItEndsWithTheSameBytes) {
    const TemporaryFolder folder;
    ImportOptions options = pack_options(folder, write_chunked(folder));
    options.axes = "NCHW";
    options.shuffle_seed = 5;
    options.shard_bytes = 7 * 90; // across chunks
    import_images(options);
    const std::string whole = sha256_of(folder_content(options.out));
    fs::remove_all(options.out);
    int asked = 0;
    ImportOptions stopped = options;
    stopped.stop = [&] { return fs::exists(options.out + ".importing/train-00001.h5") && ++asked > 1; };
    EXPECT_NE(message_of<Error>([&] { import_images(stopped); }).find("goes on after"), std::string::npos);
    EXPECT_GT(import_images(options).resumed, 0);
    EXPECT_EQ(sha256_of(folder_content(options.out)), whole);
}

TEST(Pack, ADamagedChunkIsNamedAndCanBeLeftOut) {
    const TemporaryFolder folder;
    const std::string path = folder / "x.h5";
    const ForeignArray array{"images", Element::u8, false, {12, 4, 4, 3}, {4, 4, 4, 3}, false, true, {}};
    write_foreign(path, array);
    const Bytes bytes = pattern(array);
    flip(path, place_of(path, {bytes.begin() + 200, bytes.begin() + 220})); // of the second chunk
    ImportOptions options = pack_options(folder, path);
    const std::string message = message_of<DataError>([&] { import_images(options); });
    EXPECT_NE(message.find("x.h5: images: images "), std::string::npos) << message;
    EXPECT_NE(message.find(" chunk "), std::string::npos) << message;
    EXPECT_FALSE(fs::exists(options.out));
    options.skip_bad = true;
    const ImportSummary summary = import_images(options);
    EXPECT_EQ(summary.skipped.size(), 4U);
    EXPECT_EQ(summary.splits[0].images, 8);
}

TEST(Pack, SplitsThatDoNotFitTogetherAreRefused) {
    const TemporaryFolder folder;
    write_foreign(folder / "two.h5", {"test/images", Element::u8, false, {2, 4, 4, 1}, {}, false, false, {}});
    write_foreign(folder / "two.h5", {"train/images", Element::u8, false, {2, 4, 5, 1}, {}, false, false, {}});
    ImportOptions options = pack_options(folder, folder / "two.h5");
    const std::string message = message_of<DataError>([&] { import_images(options); });
    EXPECT_NE(message.find("two.h5 --split test --out FOLDER"), std::string::npos) << message;
    options.splits = {"test"};
    EXPECT_EQ(import_images(options).splits.size(), 1U);
}

TEST(Pack, TakesEverySplitOfAPattern) {
    const TemporaryFolder folder;
    for (const char* name : {"train-0.h5", "train-1.h5", "test-0.h5"}) {
        write_foreign(folder / name, {"images", Element::u8, false, {4, 6, 5, 3}, {}, false, false, {}}, {0, 1, 0, 1});
    }
    const ImportOptions options = pack_options(folder, folder / "{split}-*.h5");
    import_images(options);
    EXPECT_EQ(packed_split(options, "train").info().size, 8);
    EXPECT_EQ(packed_split(options, "test").info().size, 4);
}

TEST(Pack, MasksInFilesBesideThoseOfImagesAreRefused) {
    const TemporaryFolder folder;
    const std::string scan = write_chunked(folder);
    fs::create_directory(folder / "scans");
    for (const char* name : {"scan0", "scan1", "scan0_mask", "scan1_mask"}) {
        fs::copy(scan, folder / ("scans/" + std::string(name) + ".h5"));
    }
    for (const char* source : {"scans", "scans/*.h5"}) {
        const std::string message =
            message_of<DataError>([&] { import_images(pack_options(folder, folder / source)); });
        EXPECT_NE(message.find(std::string(source) +
                               ": 2 of 4 files are named like masks or labels of others beside "
                               "them (scan0_mask.h5, scan1_mask.h5); move them into a folder of their own"),
                  std::string::npos)
            << message;
    }
    fs::remove(folder / "scans/scan0_mask.h5");
    fs::remove(folder / "scans/scan1_mask.h5");
    EXPECT_EQ(import_images(pack_options(folder, folder / "scans")).splits.at(0).images, 48);
}

TEST(Pack, DrawnSplitsBecomeShardsOfTheirOwn) {
    const TemporaryFolder folder;
    write_foreign(folder / "x.h5", {"images", Element::u8, false, {40, 4, 4, 1}, {}, false, false, {}});
    ImportOptions options = pack_options(folder, folder / "x.h5");
    options.split_shares = {{"train", 0.75}, {"val", 0.25}};
    const ImportSummary summary = import_images(options);
    ASSERT_EQ(summary.splits.size(), 2U);
    for (const char* split : {"train", "val"}) {
        const Dataset drawn = Dataset::open(options, split);
        const Dataset packed = Dataset::open(options.out, split);
        ASSERT_EQ(packed.info().size, drawn.info().size);
        for (std::int64_t i = 0; i < packed.info().size; ++i) {
            EXPECT_EQ(pixels_of(packed, i), pixels_of(drawn, i));
        }
    }
    EXPECT_TRUE(verify(options, {}, 1).good());
    EXPECT_EQ(verify(options, {}, 1).splits.size(), 2U);
}

TEST(Pack, ImportTakesHdf5WithoutBeingTold) {
    const TemporaryFolder folder;
    write_foreign(folder / "x.data", {"images", Element::u8, false, {2, 4, 4, 1}, {}, false, false, {}});
    ImportOptions options = pack_options(folder, folder / "x.data");
    options.kind = "auto";
    EXPECT_EQ(import_images(options).kind, "hdf5");
}

TEST(ReadingSpeed, CountsImagesBothWays) {
    const TemporaryFolder folder;
    write_raw_split(folder.path(), "train", {4, 4, 1}, 50, 2);
    const ReadingSpeed speed = measure_reading(Dataset::open(folder.path(), "train"), 2, 0.01);
    EXPECT_GT(speed.alone, 0);
    EXPECT_GT(speed.blocks, 0);
}

} // namespace
} // namespace tacit::shards
