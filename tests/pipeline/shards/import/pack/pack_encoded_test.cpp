// SPDX-License-Identifier: Apache-2.0
#include "pipeline/base/digest.hpp"
#include "pipeline/base/error.hpp"
#include "pipeline/base/png.hpp"
#include "pipeline/shards/format/shard_writer.hpp"
#include "tests/pipeline/shards/foreign_fixtures.hpp"
#include "tests/pipeline/shards/hdf5_files.hpp"
#include "tests/pipeline/shards/import/import_fixtures.hpp"
#include "tests/pipeline/shards/import/pack/pack_fixtures.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <filesystem>

namespace tacit::shards {
namespace {

namespace fs = std::filesystem;
using namespace tacit::testing; // NOLINT(google-build-using-namespace)

TEST(Pack, ImageFilesStayAsTheyAreByteForByte) {
    const TemporaryFolder folder;
    fs::create_directory(folder / "slow");
    ShardWriter writer(folder / "slow", {"train", Layout::encoded, {0, 0, 3}, {"a", "b"}, "a test"});
    const std::vector<Bytes> images = {make_jpeg({20, 30, 3}, 1), make_png({9, 7, 3}, 2), make_jpeg({8, 8, 1}, 3)};
    for (std::size_t i = 0; i < images.size(); ++i) {
        writer.add(images[i], crc32c(images[i].data(), images[i].size()), static_cast<std::int32_t>(i % 2), i);
    }
    writer.seal({0.5, 0.5, 0.5}, {0.5, 0.5, 0.5});
    const ImportOptions options = pack_options(folder, folder / "slow");
    EXPECT_EQ(import_images(options).layout, Layout::encoded);
    const Dataset packed = packed_split(options);
    for (std::size_t i = 0; i < images.size(); ++i) {
        EXPECT_EQ(stored_bytes(packed, static_cast<std::int64_t>(i)), images[i]);
    }
    expect_same(Dataset::open(folder / "slow", "train"), packed);
}

TEST(Pack, ImageFilesOfOneSizeBecomePixelsWhereThatIsAskedFor) {
    const TemporaryFolder folder;
    fs::create_directory(folder / "slow");
    ShardWriter writer(folder / "slow", {"train", Layout::encoded, {0, 0, 3}, {}, "a test"});
    for (int i = 0; i < 3; ++i) {
        const Bytes jpeg = make_jpeg({20, 30, i == 1 ? 1 : 3}, i);
        writer.add(jpeg, crc32c(jpeg.data(), jpeg.size()), -1, static_cast<std::uint64_t>(i));
    }
    writer.seal({0.5, 0.5, 0.5}, {0.5, 0.5, 0.5});
    ImportOptions options = pack_options(folder, folder / "slow");
    options.layout = "raw";
    EXPECT_EQ(import_images(options).layout, Layout::raw);
    const Dataset source = Dataset::open(folder / "slow", "train");
    const Dataset packed = packed_split(options);
    for (std::int64_t i = 0; i < 3; ++i) {
        EXPECT_EQ(pixels_of(source, i), pixels_of(packed, i));
    }
}

TEST(Pack, PixelsOfSeveralSizesBecomePng) {
    const TemporaryFolder folder;
    write_foreign(folder / "group.h5", {"scans/a/1", Element::u16, false, {5, 6, 1}, {}, false, false, {}});
    write_foreign(folder / "group.h5", {"scans/b/2", Element::u16, false, {4, 9, 1}, {}, false, false, {}});
    ImportOptions options = pack_options(folder, folder / "group.h5");
    options.images = "scans";
    options.labels = "group";
    import_images(options);
    const Dataset source = Dataset::open(options, "train");
    const Dataset packed = packed_split(options);
    EXPECT_EQ(packed.info().classes, (std::vector<std::string>{"a", "b"}));
    EXPECT_EQ(packed.labels(), source.labels());
    for (std::int64_t i = 0; i < 2; ++i) {
        EXPECT_EQ(pixels_of(source, i), pixels_of(packed, i));
    }
}

TEST(Pack, PngsOfSixteenBitsStayAsTheyAre) {
    const TemporaryFolder folder;
    const std::vector<std::uint16_t> numbers = counting<std::uint16_t>(20, 65536, 1003);
    const std::string png = encode_png(numbers.data(), 4, 5, 1);
    const Bytes file(png.begin(), png.end());
    {
        const Hdf5File written(folder / "deep.h5");
        for (const char* name : {"images/0", "images/1"}) {
            written.add(name, {file.size()}, file);
        }
    }
    const ImportOptions options = pack_options(folder, folder / "deep.h5");
    EXPECT_EQ(import_images(options).element, Element::u16);
    const Dataset packed = packed_split(options);
    EXPECT_EQ(packed.info().channels, 1);
    EXPECT_EQ(stored_bytes(packed, 1), file);
    expect_same(Dataset::open(folder / "deep.h5", "train"), packed);
}

/// One data set an image, in this group.
void add_images(const Hdf5File& file, const std::string& group, const std::vector<Bytes>& images) {
    for (std::size_t i = 0; i < images.size(); ++i) {
        file.add(fmt::format("{}/{:03}", group, i), {images[i].size()}, images[i]);
    }
}

TEST(Pack, ImageFilesOfAllSplitsAreReadAlike) {
    const TemporaryFolder folder;
    {
        const Hdf5File written(folder / "two.h5");
        add_images(written, "train", {make_png({4, 5, 3}, 0)});
        add_images(written, "test", {make_png({4, 5, 1}, 0)});
    }
    ImportOptions options = pack_options(folder, folder / "two.h5");
    options.images = "{split}";
    options.splits = {"train", "test"};
    import_images(options);
    EXPECT_EQ(packed_split(options, "train").info().channels, 3);
    EXPECT_EQ(packed_split(options, "test").info().channels, 3);
    EXPECT_EQ(stored_bytes(packed_split(options, "test"), 0), make_png({4, 5, 1}, 0));
    EXPECT_EQ(pixels_of(packed_split(options, "test"), 0).size(), 60U);
}

/// A file of 128 gray PNGs of 8 bits, of whose headers every third is looked at, and one that is `other`.
ImportOptions gray_but_one(const TemporaryFolder& folder, const Bytes& other) {
    std::vector<Bytes> images(128, make_png({4, 5, 1}, 0));
    images[65] = other;
    {
        const Hdf5File written(folder / "gray.h5");
        add_images(written, "images", images);
    }
    return pack_options(folder, folder / "gray.h5");
}

TEST(Pack, ImageFileThatReadingRefusesIsRefused) {
    const std::vector<std::uint16_t> numbers(20, 1000);
    const std::string deep = encode_png(numbers.data(), 4, 5, 1);
    for (const Bytes& other : {make_png({4, 5, 3}, 0), make_jpeg({4, 5, 3}, 0), Bytes(deep.begin(), deep.end())}) {
        const TemporaryFolder folder;
        const ImportOptions options = gray_but_one(folder, other);
        const Dataset source = Dataset::open(options, "train");
        const std::string reading = message_of<DataError>([&] { pixels_of(source, 65); });
        const std::string packing = message_of<DataError>([&] { import_images(options); });
        const std::string reason = reading.substr(reading.find("'train') ") + 9);
        EXPECT_NE(reason.find("the other images"), std::string::npos) << reading;
        EXPECT_NE(packing.find(reason), std::string::npos) << packing;
    }
}

TEST(Pack, ImageFileThatReadingRefusesMayBeLeftOut) {
    const TemporaryFolder folder;
    ImportOptions options = gray_but_one(folder, make_png({4, 5, 3}, 0));
    options.skip_bad = true;
    import_images(options);
    const Dataset packed = packed_split(options);
    EXPECT_EQ(packed.info().size, 127);
    EXPECT_EQ(pixels_of(packed, 65), make_pixels({4, 5, 1}, 0));
}

} // namespace
} // namespace tacit::shards
