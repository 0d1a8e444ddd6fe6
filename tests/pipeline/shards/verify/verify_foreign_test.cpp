// SPDX-License-Identifier: Apache-2.0
#include "pipeline/shards/dataset.hpp"
#include "pipeline/shards/index/foreign_index.hpp"
#include "pipeline/shards/verify.hpp"
#include "tests/pipeline/shards/foreign_fixtures.hpp"
#include "tests/pipeline/shards/image_fixtures.hpp"
#include "tests/pipeline/shards/verify/verify_fixtures.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace tacit::shards {
namespace {

using namespace tacit::testing; // NOLINT(google-build-using-namespace)

using Bytes = std::vector<std::uint8_t>;

TEST(VerifyForeign, FindsAndNamesADamagedChunk) {
    const TemporaryFolder folder;
    for (const bool gzip : {true, false}) {
        const std::string path = folder / (gzip ? "gzip.h5" : "fletcher.h5");
        const ForeignArray array{"images", Element::u8, false, {12, 4, 4, 3}, {4, 4, 4, 3}, gzip, !gzip, {}};
        write_foreign(path, array);
        EXPECT_TRUE(verified(path).good());
        const Bytes bytes = pattern(array);
        const Bytes zlib{0x78, 0x5E}; // begins a chunk
        flip(path, gzip ? place_of(path, zlib, place_of(path, zlib) + 1) + 20
                        : place_of(path, {bytes.begin() + 200, bytes.begin() + 220}));
        const Verification result = verified(path);
        ASSERT_EQ(result.damages.size(), 1U);
        EXPECT_EQ(result.damages[0].count, 4);
        EXPECT_EQ(result.damages[0].first % 4, 0);
        expect_named(result.damages[0].what, {path + ": images: images ", " chunk ", "of split 'train'"});
        expect_named(result.splits[0].by, {gzip ? "Adler-32" : "Fletcher-32"});
    }
}

TEST(VerifyForeign, NamesEveryDamagedChunkOfABlock) {
    const TemporaryFolder folder;
    const std::string path = folder / "parts.h5";
    write_foreign(path, {"images", Element::u8, false, {8, 4, 6, 3}, {4, 2, 2, 3}, false, true, {}});
    DataSpec spec;
    spec.path = path;
    const std::vector<StoredChunk> chunks = index_dataset(spec, "train").files[0].parts[0].array->chunks;
    for (const std::size_t number : {1, 3, 4, 7}) {
        flip(path, chunks.at(number).address + 5);
    }
    const Verification result = verified(path);
    ASSERT_EQ(result.damages.size(), 2U);
    expect_named(result.damages[0].what, {"images 0 to 3 ", " chunk 1 (bytes ", "; damaged too: chunks 3, 4"});
    expect_named(result.damages[1].what, {"images 4 to 7 ", " chunk 7 (bytes "});
    EXPECT_EQ(result.damages[1].what.find("damaged too"), std::string::npos);
}

/// What came of flipping each byte of a chunk.
struct Flips {
    int all = 0;
    int found = 0;
    int harmless = 0;
};

/// Flips each byte of the middle one of three chunks.
Flips flip_chunk(const std::string& name, std::int64_t images) {
    const TemporaryFolder folder;
    const std::string path = folder / "filtered.h5";
    const FilterCase& chunk = filter_case(name.c_str());
    write_filtered(path, chunk, static_cast<std::uint64_t>(images), 3);
    DataSpec spec;
    spec.path = path;
    spec.axes = "NHW";
    EXPECT_TRUE(verify(spec, {}, 1).good()) << name;
    const std::size_t begin = place_of(path, chunk.stored, place_of(path, chunk.stored) + 1);
    const Bytes whole = read_bytes(path);
    SampleBuffer buffer;
    Flips flips;
    for (std::size_t i = 0; i < chunk.stored.size(); ++i, ++flips.all) {
        Bytes flipped = whole;
        flipped[begin + i] ^= 1U;
        write_bytes(path, flipped);
        const Verification result = verify(spec, {}, 1);
        if (!result.good()) {
            ++flips.found;
            EXPECT_EQ(result.damages[0].first, images);
            EXPECT_EQ(result.damages[0].count, images);
            expect_named(result.damages[0].what, {"filtered.h5: images: images ", " chunk 1 "});
            continue;
        }
        const Dataset dataset = Dataset::open(spec, "train");
        bool same = true;
        for (std::int64_t image = images; image < 2 * images; ++image) {
            const StoredImage read = dataset.stored(image, buffer);
            const auto from = chunk.expected.begin() + static_cast<std::ptrdiff_t>(image - images) *
                                                           static_cast<std::ptrdiff_t>(read.bytes.size());
            same = same && std::equal(read.bytes.begin(), read.bytes.end(), from);
        }
        flips.harmless += same ? 1 : 0;
    }
    return flips;
}

TEST(VerifyForeign, AnyFlippedByteUnderAChecksumIsFoundOrChangesNothing) {
    for (const char* name : {"gzip", "fletcher", "gzip_fletcher", "shuffle_fletcher"}) {
        const Flips flips = flip_chunk(name, 7);
        EXPECT_EQ(flips.found + flips.harmless, flips.all) << name;
        EXPECT_GT(flips.found, flips.all * 9 / 10) << name;
    }
}

TEST(VerifyForeign, OtherFiltersTellWhatTheirFormatCanTell) {
    for (const auto& [name, images] : {std::pair("lz4_u1", 7), std::pair("zstd_u1", 7), std::pair("lzf_spots", 8),
                                       std::pair("bitshuffle_lz4_64_u1", 7), std::pair("bitshuffle_zstd_64_u1", 7),
                                       std::pair("blosc_zstd_bits_steps", 4), std::pair("blosc_lz4_bytes_steps", 4)}) {
        const Flips flips = flip_chunk(name, images);
        EXPECT_GT(flips.found, 0) << name;
        RecordProperty(name, std::to_string(flips.found) + " of " + std::to_string(flips.all));
    }
}

TEST(VerifyForeign, SaysThatBarePixelsHaveNoChecksums) {
    const TemporaryFolder folder;
    write_foreign(folder / "plain.h5", {"images", Element::f32, false, {3, 4, 4, 1}, {}, false, false, {}});
    const Verification result = verified(folder / "plain.h5"); // floats without a range, too
    EXPECT_TRUE(result.good());
    EXPECT_EQ(result.splits[0].by, "reading alone; the file stores no checksums");
}

TEST(VerifyForeign, FindsDamageInEverySplitOfAPattern) {
    const TemporaryFolder folder;
    for (const char* name : {"train-part-0.h5", "test-part-0.h5", "test-part-1.h5", "val-part-0.h5"}) {
        write_foreign(folder / name, {"images", Element::u8, false, {3, 4, 4, 1}, {}, false, false, {}}, {0, 1, 0});
    }
    EXPECT_EQ(verified(folder / "{split}-part-*.h5").images, 12);
    write_bytes(folder / "test-part-1.h5", Bytes(100, 1));
    write_bytes(folder / "val-part-0.h5", Bytes(100, 1));
    const Verification result = verified(folder / "{split}-part-*.h5");
    ASSERT_EQ(result.splits.size(), 3U);
    EXPECT_EQ(result.splits[1].name, "val");
    EXPECT_EQ(result.splits[2].name, "test");
    EXPECT_EQ(result.splits[2].images, 3);
    ASSERT_EQ(result.damages.size(), 2U);
    expect_named(result.damages[0].what, {"val-part-0.h5"});
    expect_named(result.damages[1].what, {"test-part-1.h5"});
}

TEST(VerifyForeign, FindsTheSplitsOfAFile) {
    const TemporaryFolder folder;
    for (const char* name : {"train/images", "test/images"}) {
        write_foreign(folder / "two.h5", {name, Element::u8, false, {3, 4, 4, 1}, {}, false, false, {}});
    }
    const Verification result = verified(folder / "two.h5");
    ASSERT_EQ(result.splits.size(), 2U);
    EXPECT_EQ(result.splits[1].name, "test");
    EXPECT_EQ(result.images, 6);
}

TEST(VerifyForeign, UnusualNamesAreNoDamage) {
    const TemporaryFolder folder;
    write_foreign(folder / "odd.h5", {"scans", Element::u8, false, {12, 8, 8, 3}, {}, false, false, {}});
    const std::string message = message_of<UnsureReading>([&] { verified(folder / "odd.h5"); });
    EXPECT_NE(message.find("say which it is, for example with `"), std::string::npos) << message;
}

} // namespace
} // namespace tacit::shards
