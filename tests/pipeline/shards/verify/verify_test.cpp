// SPDX-License-Identifier: Apache-2.0
#include "pipeline/shards/verify.hpp"

#include "pipeline/base/digest.hpp"
#include "pipeline/base/error.hpp"
#include "pipeline/shards/dataset.hpp"
#include "pipeline/shards/format/shard_writer.hpp"
#include "tests/pipeline/shards/foreign_fixtures.hpp"
#include "tests/pipeline/shards/image_fixtures.hpp"
#include "tests/pipeline/shards/verify/verify_fixtures.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <functional>

namespace tacit::shards {
namespace {

using namespace tacit::testing; // NOLINT(google-build-using-namespace)

using Bytes = std::vector<std::uint8_t>;

constexpr augment::ImageShape kSmall{3, 5, 1};

/// The only damage there is.
std::string only_damage(const std::string& path) {
    const Verification result = verified(path);
    EXPECT_EQ(result.damage_count, 1);
    return result.damages.empty() ? "no damage" : result.damages.front().what;
}

void write_encoded_split(const std::string& folder, int images) {
    ShardWriter writer(folder, {"train", Layout::encoded, {0, 0, 1}, {"cat", "dog"}, "a test"});
    for (int i = 0; i < images; ++i) {
        const Bytes png = make_png(kSmall, i);
        writer.add(png, crc32c(png.data(), png.size()), i % 2, static_cast<std::uint64_t>(i));
    }
    writer.seal({0.5}, {0.25});
}

template <class T> Bytes bytes_of(const std::vector<T>& values) {
    const auto* data = reinterpret_cast<const std::uint8_t*>(values.data());
    return {data, data + values.size() * sizeof(T)};
}

TEST(Verify, GoodShardsAreGood) {
    const TemporaryFolder folder;
    write_raw_split(folder.path(), "train", kSmall, 7, 2, 3 * 15);
    write_raw_split(folder.path(), "test", kSmall, 4, 2);
    const Verification result = verified(folder.path());
    EXPECT_TRUE(result.good());
    EXPECT_EQ(result.images, 11);
    ASSERT_EQ(result.splits.size(), 2U);
    EXPECT_EQ(result.splits[0].name, "train");
    EXPECT_EQ(result.splits[0].files, 3);
    EXPECT_EQ(result.splits[0].by, "CRC-32C of every image");
}

TEST(Verify, NamesTheImageWhosePixelsAreDamaged) {
    const TemporaryFolder folder;
    write_raw_split(folder.path(), "train", kSmall, 6, 2);
    const std::string shard = folder / "train-00000.h5";
    flip(shard, place_of(shard, make_pixels(kSmall, 4)) + 7);
    const Verification result = verified(folder.path());
    ASSERT_EQ(result.damages.size(), 1U);
    EXPECT_EQ(result.damages[0].first, 4);
    EXPECT_EQ(result.damaged_images, 1);
    expect_named(result.damages[0].what, {"train-00000.h5: images: image 4 ", "checksum differs"});
}

TEST(Verify, NamesTheImageWhoseFileIsDamaged) {
    const TemporaryFolder folder;
    write_encoded_split(folder.path(), 5);
    const std::string shard = folder / "train-00000.h5";
    flip(shard, place_of(shard, make_png(kSmall, 3)) + 40);
    expect_named(only_damage(folder.path()), {"train-00000.h5: bytes: image 3 ", "checksum differs"});
}

TEST(Verify, NamesTheFileWhoseListsAreDamaged) {
    const std::vector<std::pair<std::string, Bytes>> lists = {
        {"labels", bytes_of(std::vector<std::int32_t>{0, 1, 0, 1})},
        {"ids", bytes_of(std::vector<std::uint64_t>{0, 1, 2, 3})},
        {"checksums",
         bytes_of(std::vector<std::uint32_t>{crc32c(make_png(kSmall, 0).data(), make_png(kSmall, 0).size()),
                                             crc32c(make_png(kSmall, 1).data(), make_png(kSmall, 1).size())})},
    };
    for (const auto& [name, bytes] : lists) {
        const TemporaryFolder folder;
        write_encoded_split(folder.path(), 4);
        const std::string shard = folder / "train-00000.h5";
        flip(shard, place_of(shard, bytes) + bytes.size() - 4);
        SCOPED_TRACE(name);
        expect_named(only_damage(folder.path()), {"train-00000.h5: labels, ids, checksums or offsets are damaged"});
    }
}

TEST(Verify, NamesTheFileWhoseOffsetsAreDamaged) {
    const TemporaryFolder folder;
    write_encoded_split(folder.path(), 4);
    const std::string shard = folder / "train-00000.h5";
    flip(shard, place_of(shard, bytes_of(std::vector<std::uint64_t>{0, make_png(kSmall, 0).size()})) + 8);
    expect_named(only_damage(folder.path()), {"train-00000.h5", "offsets"});
}

TEST(Verify, NamesTheFileWhoseTextsAreDamaged) {
    const TemporaryFolder folder;
    write_encoded_split(folder.path(), 4);
    const std::string shard = folder / "train-00000.h5";
    flip(shard, place_of(shard, {'d', 'o', 'g'}));
    expect_named(only_damage(folder.path()), {"train-00000.h5: its attributes cannot be read"});
}

TEST(Verify, NamesTheFileWhoseLongListOfClassesIsDamaged) {
    const TemporaryFolder folder;
    std::vector<std::string> names; // more than HDF5 keeps in places that it checks
    for (int i = 0; i < 1000; ++i) {
        names.push_back("a class with a long name, as ImageNet has them: number " + std::to_string(i) +
                        std::string(static_cast<std::size_t>(i % 90), '.'));
    }
    ShardWriter writer(folder.path(), {"train", Layout::raw, kSmall, names, "a test"});
    writer.add(make_pixels(kSmall, 0), crc32c(make_pixels(kSmall, 0).data(), kSmall.bytes()), 999, 0);
    writer.seal({0.5}, {0.25});
    EXPECT_TRUE(verified(folder.path()).good());
    EXPECT_EQ(Dataset::open(folder.path(), "train").info().classes, names);
    const std::string shard = folder / "train-00000.h5";
    flip(shard, place_of(shard, {'n', 'u', 'm', 'b', 'e', 'r', ' ', '5', '0', '0'}));
    expect_named(only_damage(folder.path()), {"train-00000.h5: layout, split, source or classes are damaged"});
}

TEST(Verify, NamesTheFileWhoseHeadersAreDamaged) {
    for (const Bytes& header : {Bytes{0x89, 'H', 'D', 'F'}, Bytes{'O', 'H', 'D', 'R'}}) {
        const TemporaryFolder folder;
        write_raw_split(folder.path(), "train", kSmall, 6, 2);
        const std::string shard = folder / "train-00000.h5";
        flip(shard, place_of(shard, header) + 20);
        expect_named(only_damage(folder.path()), {"train-00000.h5"});
    }
}

/// All that a reader gets to see of a shard.
std::string content_of(const std::string& folder) {
    const Dataset dataset = Dataset::open(folder, "train");
    const DatasetInfo& info = dataset.info();
    Sha256 hash;
    for (const std::vector<double>* numbers : {&info.mean, &info.std, &info.value_range}) {
        hash.update(numbers->data(), numbers->size() * sizeof(double));
    }
    for (const std::string& name : info.classes) {
        hash.update(name.c_str(), name.size() + 1);
    }
    hash.update(info.source.data(), info.source.size());
    hash.update(dataset.labels().data(), dataset.labels().size() * sizeof(std::int32_t));
    SampleBuffer buffer;
    for (std::int64_t i = 0; i < info.size; ++i) {
        const augment::ImageView image = dataset.read(i, buffer);
        hash.update(image.data, image.shape.bytes());
    }
    return hash.hex();
}

/// Whether there is anything but zeros near by: free space is long, and a look here and there will do.
bool is_used(const Bytes& bytes, std::size_t place) {
    constexpr std::size_t kNear = 4;
    const std::size_t end = std::min(bytes.size(), place + kNear);
    const auto begin = bytes.begin() + static_cast<std::ptrdiff_t>(place - std::min(place, kNear));
    return std::any_of(begin, bytes.begin() + static_cast<std::ptrdiff_t>(end),
                       [](std::uint8_t byte) { return byte != 0; });
}

/// Flips one bit of every byte in turn.
void expect_flips_found_or_harmless(const std::string& folder) {
    const std::string shard = folder + "/train-00000.h5";
    const Bytes whole = read_bytes(shard);
    const std::string content = content_of(folder);
    int found = 0;
    for (std::size_t place = 0; place < whole.size(); ++place) {
        if (place % 16 != 0 && !is_used(whole, place)) {
            continue;
        }
        Bytes flipped = whole;
        flipped[place] ^= 1U;
        write_bytes(shard, flipped);
        if (!verified(folder, 1).good()) {
            ++found;
        } else {
            ASSERT_EQ(content_of(folder), content) << "byte " << place;
        }
    }
    EXPECT_GT(found, 800);
}

TEST(Verify, AnyFlippedByteOfAShardIsFoundOrNobodyReadsIt) {
    const TemporaryFolder raw;
    write_raw_split(raw.path(), "train", kSmall, 4, 2);
    expect_flips_found_or_harmless(raw.path());
    const TemporaryFolder encoded;
    write_encoded_split(encoded.path(), 3);
    expect_flips_found_or_harmless(encoded.path());
}

TEST(Verify, CountsAllAndListsTheFirstHundredForAnyNumberOfThreads) {
    const TemporaryFolder folder;
    write_raw_split(folder.path(), "train", kSmall, 400, 2);
    const std::string shard = folder / "train-00000.h5";
    Bytes bytes = read_bytes(shard);
    Bytes pixels = make_pixels(kSmall, 0);
    const Bytes next = make_pixels(kSmall, 1);
    pixels.insert(pixels.end(), next.begin(), next.end());
    const std::size_t begin = place_of(shard, pixels);
    for (std::size_t image = 50; image < 350; ++image) {
        bytes[begin + image * kSmall.bytes()] ^= 4U;
    }
    write_bytes(shard, bytes);
    for (const int threads : {1, 3}) {
        const Verification result = verified(folder.path(), threads);
        EXPECT_EQ(result.damage_count, 300);
        EXPECT_EQ(result.damaged_images, 300);
        ASSERT_EQ(result.damages.size(), 100U);
        for (std::size_t i = 0; i < 100; ++i) {
            EXPECT_EQ(result.damages[i].first, static_cast<std::int64_t>(50 + i));
        }
    }
}

TEST(Verify, AShardThatDoesNotOpenHidesNothingInOthers) {
    const TemporaryFolder folder;
    write_raw_split(folder.path(), "train", kSmall, 9, 2, 3 * 15);
    std::filesystem::resize_file(folder / "train-00000.h5", 300);
    const std::string last = folder / "train-00002.h5";
    flip(last, place_of(last, make_pixels(kSmall, 7)) + 7);
    const Verification result = verified(folder.path());
    ASSERT_EQ(result.damages.size(), 2U);
    expect_named(result.damages[0].what, {"train-00000.h5"});
    expect_named(result.damages[1].what, {"train-00002.h5: images: image 1 "});
    EXPECT_EQ(result.splits[0].images, 6);
}

TEST(Verify, AMissingShardIsDamage) {
    const TemporaryFolder folder;
    write_raw_split(folder.path(), "train", kSmall, 9, 2, 3 * 15);
    std::filesystem::remove(folder / "train-00001.h5");
    expect_named(only_damage(folder.path()), {"has 6 of 9 images"});
}

TEST(Verify, DrawnSplitsOfAFolderAreThoseOfItsShards) {
    const TemporaryFolder folder;
    write_raw_split(folder.path(), "train", kSmall, 10, 2);
    DataSpec spec;
    spec.path = folder.path();
    spec.split_shares = {{"train", 0.6}, {"val", 0.4}};
    const Verification result = verify(spec, {}, 1);
    EXPECT_TRUE(result.good());
    ASSERT_EQ(result.splits.size(), 2U);
    EXPECT_EQ(result.splits[0].images, 6);
    EXPECT_EQ(result.splits[1].images, 4);
}

TEST(Verify, AMissingSplitOrFolderIsAnError) {
    const TemporaryFolder folder;
    write_raw_split(folder.path(), "train", kSmall, 3, 2);
    DataSpec spec;
    spec.path = folder.path();
    EXPECT_NE(message_of<DataError>([&] { verify(spec, {"val"}, 1); }).find("no split 'val'"), std::string::npos);
    EXPECT_NE(message_of<IoError>([] { verified("/nowhere/at/all"); }).find("/nowhere/at/all"), std::string::npos);
}

} // namespace
} // namespace tacit::shards
