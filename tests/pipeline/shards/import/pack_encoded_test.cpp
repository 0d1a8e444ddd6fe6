// SPDX-License-Identifier: Apache-2.0
#include "pipeline/base/digest.hpp"
#include "pipeline/base/png.hpp"
#include "pipeline/shards/shard_writer.hpp"
#include "tests/pipeline/shards/foreign_fixtures.hpp"
#include "tests/pipeline/shards/hdf5_files.hpp"
#include "tests/pipeline/shards/import/import_fixtures.hpp"
#include "tests/pipeline/shards/import/pack_fixtures.hpp"

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
    import_images(options);
    const Dataset source = Dataset::open(spec_of(options), "train");
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

} // namespace
} // namespace tacit::shards
