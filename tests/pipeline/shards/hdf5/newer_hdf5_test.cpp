// SPDX-License-Identifier: Apache-2.0
// Files of HDF5 2.0 (libver='latest'), whose filtered chunks older libraries refuse:
// tests/oracle/newer_hdf5_fixtures.py.
#include "pipeline/base/error.hpp"
#include "pipeline/shards/dataset.hpp"
#include "pipeline/shards/hdf5/handle.hpp"
#include "pipeline/shards/hdf5/raw/metadata.hpp"
#include "pipeline/shards/inspect.hpp"
#include "pipeline/shards/verify.hpp"
#include "tests/fixtures.hpp"
#include "tests/message_of.hpp"
#include "tests/pipeline/shards/image_fixtures.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <iterator>

namespace tacit::shards {
namespace {

using Labels = std::vector<std::int32_t>;
using Names = std::vector<std::string>;

const std::string kFolder = fixtures_folder() + "/newer_hdf5/";

DataSpec spec_of(const std::string& images, const std::string& labels = "none", const std::string& file = "latest.h5") {
    DataSpec spec;
    spec.path = kFolder + file;
    spec.images = images;
    spec.labels = labels;
    spec.index_cache = false;
    return spec;
}

int pixel(std::int64_t image, int y, int x) {
    return static_cast<int>(31 * image + 7 * y + x) % 251;
}

/// How many pixels are not what the fixture's script wrote; `first`: what its images are numbered from.
int wrong_pixels(const Dataset& dataset, std::int64_t first = 0) {
    int wrong = 0;
    SampleBuffer buffer;
    for (std::int64_t image = 0; image < dataset.info().size; ++image) {
        const StoredImage stored = dataset.stored(image, buffer);
        for (int y = 0; y < 8; ++y) {
            for (int x = 0; x < 8; ++x) {
                const auto at = static_cast<std::size_t>(8 * y + x);
                const int value = stored.element == Element::u16 ? stored.bytes[2 * at] + 256 * stored.bytes[2 * at + 1]
                                                                 : stored.bytes[at];
                const int scale = stored.element == Element::u16 ? 200 : 1;
                wrong += value == scale * pixel((image + first) % 6, y, x) ? 0 : 1;
            }
        }
    }
    return wrong;
}

class NewerHdf5 : public ::testing::TestWithParam<const char*> {};

TEST_P(NewerHdf5, EveryPixelIsRead) {
    const Dataset dataset = Dataset::open(spec_of(GetParam()), "train");
    ASSERT_EQ(dataset.info().size, 6);
    EXPECT_EQ(wrong_pixels(dataset), 0);
}

INSTANTIATE_TEST_SUITE_P(Indexes, NewerHdf5,
                         ::testing::Values("single", "fixed", "edges", "extensible", "btree", "plain", "contiguous"),
                         [](const auto& name) { return std::string(name.param); });

TEST(NewerHdf5Data, ChunksNeverWrittenHoldTheFillValue) {
    const Dataset dataset = Dataset::open(spec_of("some"), "train");
    SampleBuffer buffer;
    EXPECT_EQ(dataset.stored(1, buffer).bytes[3], pixel(1, 0, 3));
    EXPECT_EQ(dataset.stored(2, buffer).bytes[3], 9);
}

TEST(NewerHdf5Data, LabelsOfEveryKindAreRead) {
    for (const char* labels : {"labels", "hot", "names", "short"}) {
        const Dataset dataset = Dataset::open(spec_of("fixed", labels), "train");
        EXPECT_EQ(dataset.labels(), (Labels{0, 1, 2, 0, 1, 2})) << labels;
    }
    EXPECT_EQ(Dataset::open(spec_of("fixed", "labels"), "train").info().classes, (Names{"ant", "bee", "cat"}));
    EXPECT_EQ(Dataset::open(spec_of("fixed", "names"), "train").info().classes, (Names{"ant", "bee", "cat"}));
    EXPECT_EQ(Dataset::open(spec_of("fixed", "short"), "train").info().classes, (Names{"ant", "bee", "cat"}));
}

TEST(NewerHdf5Data, RowsOfOtherFilesAreJoined) {
    const Dataset dataset = Dataset::open(spec_of("rows", "none", "joined.h5"), "train");
    ASSERT_EQ(dataset.info().size, 12);
    EXPECT_EQ(wrong_pixels(dataset), 0);
}

#if !H5_VERSION_GE(2, 0, 0)
TEST(NewerHdf5Data, WhatOnlyLibhdf5ReadsIsRefusedAndNeverFilled) {
    for (const auto& [file, images] : {std::pair("joined.h5", "strides"), std::pair("latest.h5", "scaled")}) {
        const std::string message =
            message_of<DataError>([&] { Dataset::open(spec_of(images, "none", file), "train"); });
        EXPECT_NE(message.find("has chunks as HDF5 2.0 writes them"), std::string::npos) << message;
        EXPECT_NE(message.find("libver=('earliest', 'v110')"), std::string::npos) << message;
    }
}
#endif

TEST(NewerHdf5Data, InspectShowsShapesAndASectionThatReads) {
    const Inspection found = inspect(kFolder + "latest.h5", {0});
    const auto shows = [&](const char* text) {
        return std::any_of(found.lines.begin(), found.lines.end(),
                           [&](const std::string& line) { return line.find(text) != std::string::npos; });
    };
    EXPECT_TRUE(shows("extensible"));
    EXPECT_TRUE(shows("(6, 8, 8)"));
    EXPECT_FALSE(shows("cannot be opened"));
    EXPECT_NE(found.data_section, "");
}

/// Opens `fixed` of a file with these bytes; how many of its pixels are wrong. Throws as Dataset does.
int wrong_pixels_of(const std::string& path, const std::vector<std::uint8_t>& bytes) {
    testing::write_bytes(path, bytes);
    DataSpec spec = spec_of("fixed");
    spec.path = path;
    return wrong_pixels(Dataset::open(spec, "train"));
}

/// Every place of `text`.
std::vector<std::size_t> places_of(const std::vector<std::uint8_t>& bytes, const std::string& text) {
    std::vector<std::size_t> places;
    for (auto at = bytes.begin(); (at = std::search(at, bytes.end(), text.begin(), text.end())) != bytes.end(); ++at) {
        places.push_back(static_cast<std::size_t>(at - bytes.begin()));
    }
    return places;
}

TEST(NewerHdf5Data, DamageOfAnIndexIsFoundWhereverItIs) {
    constexpr std::size_t kHeader = 28; // of a fixed array
    constexpr std::size_t kBlock = 90;  // less than the least one of these has
    const TemporaryFolder folder;
    const std::vector<std::uint8_t> good = testing::read_bytes(kFolder + "latest.h5");
    std::size_t refused = 0;
    for (const auto& [name, size] : {std::pair("FAHD", kHeader), std::pair("FADB", kBlock)}) {
        const std::vector<std::size_t> places = places_of(good, name);
        ASSERT_FALSE(places.empty());
        for (const std::size_t place : places) {
            for (std::size_t at = place; at < place + size; ++at) {
                std::vector<std::uint8_t> bytes = good;
                bytes[at] ^= 0x41U;
                try {
                    EXPECT_EQ(wrong_pixels_of(folder / "latest.h5", bytes), 0) << at;
                } catch (const Error&) {
                    ++refused;
                }
            }
        }
    }
    EXPECT_EQ(refused, kHeader + kBlock); // those of the one index that is read
}

/// Makes every layout message of HDF5 2.0 end just where the address of its index should follow.
std::size_t cut_layouts(std::vector<std::uint8_t>& bytes) {
    constexpr std::uint8_t kLayout = 8;
    constexpr std::uint8_t kFixedArray = 3;
    std::size_t cut = 0;
    for (const std::size_t header : places_of(bytes, "OHDR")) {
        const std::uint8_t flags = bytes[header + 5];
        const std::size_t width = std::size_t{1} << (flags & 3U);
        std::size_t at = header + 6 + ((flags & 0x20U) != 0 ? 16 : 0) + ((flags & 0x10U) != 0 ? 4 : 0);
        std::size_t size = 0;
        for (std::size_t i = 0; i < width; ++i) {
            size += std::size_t{bytes[at + i]} << (8 * i);
        }
        at += width;
        const std::size_t end = at + size;
        while (at + 4 <= end) {
            const std::size_t length = bytes[at + 1] + std::size_t{256} * bytes[at + 2];
            std::uint8_t* const message = &bytes[at + 4 + ((flags & 4U) != 0 ? 2 : 0)];
            if (bytes[at] == kLayout && message[0] == 5 && length > 6) {
                const std::uint8_t start[] = {5, 2, 0, static_cast<std::uint8_t>(length - 6), 1};
                std::copy(std::begin(start), std::end(start), message);
                message[length - 1] = kFixedArray;
                ++cut;
            }
            at += 4 + ((flags & 4U) != 0 ? 2 : 0) + length;
        }
        const std::uint32_t sum = h5::metadata_checksum(&bytes[header], end - header);
        for (std::size_t i = 0; i < 4; ++i) {
            bytes[end + i] = static_cast<std::uint8_t>(sum >> (8 * i));
        }
    }
    return cut;
}

TEST(Hdf5Reasons, AreTextsOfTacit) {
    const h5::Session session;
    const h5::Handle file = h5::open_file(kFolder + "latest.h5");
    const h5::Handle none(H5Dopen2(file.get(), "nothing", H5P_DEFAULT));
    EXPECT_EQ(h5::reason(), "something that it points to is not there");
    const h5::Handle other(H5Fopen("/nowhere/a.h5", H5F_ACC_RDONLY, H5P_DEFAULT));
    EXPECT_EQ(h5::reason(), "'/nowhere/a.h5': No such file or directory");
    const h5::Handle wrong(H5Dget_space(file.get()));
    EXPECT_EQ(h5::reason(), "its structure is damaged, or unknown to this version");
}

TEST(NewerHdf5Data, LayoutsThatEndBeforeTheirIndexAreDamaged) {
    const TemporaryFolder folder;
    std::vector<std::uint8_t> bytes = testing::read_bytes(kFolder + "latest.h5");
    ASSERT_GT(cut_layouts(bytes), 0U);
    const std::string message = message_of<DataError>([&] { wrong_pixels_of(folder / "latest.h5", bytes); });
    EXPECT_NE(message.find("has metadata that end early; the file is damaged"), std::string::npos) << message;
}

} // namespace
} // namespace tacit::shards
