// SPDX-License-Identifier: Apache-2.0
#include "pipeline/base/error.hpp"
#include "pipeline/shards/import/tar_index.hpp"
#include "tests/pipeline/shards/import/import_fixtures.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>

namespace tacit::shards {
namespace {

using namespace tacit::testing; // NOLINT(google-build-using-namespace)

/// What tests/oracle/import_fixtures.py draws.
Bytes picture(int seed) {
    Bytes pixels(12);
    std::iota(pixels.begin(), pixels.end(), static_cast<std::uint8_t>(seed * 16));
    return pixels;
}

TEST(ImportWebDataset, GroupsFilesByKeyUnderLongNames) {
    const TemporaryFolder folder;
    for (const std::string format : {"gnu", "pax"}) {
        ImportOptions options = options_for(folder);
        options.source = import_fixture("archives/train-" + format + ".tar");
        options.out = folder / format;
        const ImportSummary summary = import_images(options);
        EXPECT_EQ(summary.kind, "webdataset");
        EXPECT_EQ(summary.ignored, 4); // KEY.seg.png
        const Dataset train = Dataset::open(options.out, "train");
        EXPECT_EQ(train.labels(), (std::vector<std::int32_t>{0, 2, 4, 1})) << format;
        EXPECT_EQ(train.info().classes.size(), 5U);
        EXPECT_EQ(pixels_of(train, 3), picture(3)) << format;
    }
}

TEST(ImportWebDataset, ReadsAFolderOfArchivesAndLabelsInJson) {
    const TemporaryFolder folder;
    ImportOptions options = options_for(folder);
    options.source = import_fixture("archives");
    const ImportSummary summary = import_images(options);
    ASSERT_EQ(summary.splits.size(), 2U);
    EXPECT_EQ(summary.splits[0].images, 8);
    const Dataset val = Dataset::open(options.out, "val");
    EXPECT_EQ(val.labels(), (std::vector<std::int32_t>{3, 2}));
    EXPECT_EQ(pixels_of(val, 1), picture(9));
}

TEST(ImportWebDataset, CutArchivesAreRefused) {
    const TemporaryFolder folder;
    const Bytes whole = read_bytes(import_fixture("archives/val-ustar.tar"));
    ImportOptions options = options_for(folder);
    options.source = folder / "cut.tar";
    // Four headers with a block each: wherever the archive ends within them, something is missing.
    for (std::size_t bytes = 0; bytes <= 8 * 512; bytes += 256) {
        write_bytes(options.source, Bytes(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(bytes)));
        EXPECT_NE(message_of<DataError>([&] { import_images(options); }).find("cut.tar"), std::string::npos) << bytes;
    }
}

TEST(ImportWebDataset, DamagedHeadersAreRefusedWithTheirPlace) {
    const TemporaryFolder folder;
    Bytes bytes = read_bytes(import_fixture("archives/val-ustar.tar"));
    bytes[1024 + 3] ^= 1U;
    write_bytes(folder / "damaged.tar", bytes);
    const FileBytes file(folder / "damaged.tar");
    EXPECT_NE(message_of<DataError>([&] { index_tar(file); }).find("damaged.tar: byte 1024: is no tar header"),
              std::string::npos);
}

TEST(ImportWebDataset, EveryFlippedByteOfHeadersIsHarmless) {
    const TemporaryFolder folder;
    const Bytes whole = read_bytes(import_fixture("archives/train-pax.tar"));
    for (std::size_t at = 0; at < 1536; at += 5) {
        Bytes bytes = whole;
        bytes[at] ^= static_cast<std::uint8_t>(1U << (at % 8));
        write_bytes(folder / "flipped.tar", bytes);
        const FileBytes file(folder / "flipped.tar");
        try {
            EXPECT_EQ(index_tar(file).size(), 12U);
        } catch (const DataError& error) {
            EXPECT_STRNE(error.what(), "");
        }
    }
}

TEST(ImportWebDataset, CompressedArchivesGetTheCommandThatUnpacksThem) {
    const TemporaryFolder folder;
    Bytes bytes(1024);
    bytes[0] = 0x1F;
    bytes[1] = 0x8B;
    write_bytes(folder / "source.tar", bytes);
    ImportOptions options = options_for(folder);
    options.source = folder / "source.tar";
    EXPECT_NE(message_of<DataError>([&] { import_images(options); }).find("is compressed by gzip"), std::string::npos);
    options.source = folder / "source.tar.zst";
    write_bytes(options.source, bytes);
    EXPECT_NE(message_of<DataError>([&] { import_images(options); }).find("unzstd"), std::string::npos);
}

/// A ustar member with its content, padded to blocks.
Bytes tar_member(const std::string& name, const std::string& content) {
    Bytes block(512);
    std::copy(name.begin(), name.end(), block.begin());
    const std::string digits = fmt::format("{:011o}", content.size());
    std::copy(digits.begin(), digits.end(), block.begin() + 124);
    std::fill_n(block.begin() + 148, 8, std::uint8_t{' '});
    block[156] = '0';
    const std::string sum = fmt::format("{:06o}", std::accumulate(block.begin(), block.end(), 0));
    std::copy(sum.begin(), sum.end(), block.begin() + 148);
    block[154] = 0;
    block.insert(block.end(), content.begin(), content.end());
    block.resize((block.size() + 511) / 512 * 512);
    return block;
}

TEST(ImportWebDataset, HiddenFilesBetweenThoseOfAKeyAreNobodys) {
    const TemporaryFolder folder;
    Bytes archive;
    for (const auto& [name, content] : {std::pair{"a/1.pgm", "P2 1 1 255 9"}, {"a/._1.pgm", "x"}, {"a/1.cls", "2"}}) {
        const Bytes member = tar_member(name, content);
        archive.insert(archive.end(), member.begin(), member.end());
    }
    archive.resize(archive.size() + 1024);
    ImportOptions options = options_for(folder);
    options.source = folder / "one.tar";
    write_bytes(options.source, archive);
    EXPECT_EQ(import_images(options).ignored, 1);
    EXPECT_EQ(Dataset::open(options.out, "train").labels(), (std::vector<std::int32_t>{2}));
}

TEST(ImportWebDataset, AFolderOfImagesWithAnArchiveStaysAFolderOfImages) {
    const TemporaryFolder folder;
    write_bytes(folder / "source/backup.tar", read_bytes(import_fixture("archives/val-ustar.tar")));
    write_bytes(folder / "source/cat/a.png", make_png({4, 4, 3}, 1));
    write_bytes(folder / "source/embedding.npy", {'x'});
    ImportOptions options = options_for(folder);
    EXPECT_EQ(import_images(options).kind, "folder");
    options.kind = "webdataset";
    options.overwrite = true;
    EXPECT_EQ(import_images(options).splits[0].images, 2);
}

} // namespace
} // namespace tacit::shards
