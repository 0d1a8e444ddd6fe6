// SPDX-License-Identifier: Apache-2.0
// Files of HDF5 2.0 (libver='latest'), whose filtered chunks older libraries refuse:
// tests/oracle/newer_hdf5_fixtures.py.
#include "pipeline/base/error.hpp"
#include "pipeline/shards/dataset.hpp"
#include "pipeline/shards/hdf5/handle.hpp"
#include "pipeline/shards/inspect.hpp"
#include "pipeline/shards/verify.hpp"
#include "tests/message_of.hpp"
#include "tests/pipeline/shards/image_fixtures.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace tacit::shards {
namespace {

using Labels = std::vector<std::int32_t>;
using Names = std::vector<std::string>;

const std::string kFolder = TACIT_FIXTURES "/newer_hdf5/";

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

TEST(NewerHdf5Data, DamageOfAnIndexIsFoundWhereverItIs) {
    const TemporaryFolder folder;
    const std::vector<std::uint8_t> good = testing::read_bytes(kFolder + "latest.h5");
    int refused = 0;
    for (std::size_t at = 0; at < good.size(); at += 13) {
        std::vector<std::uint8_t> bytes = good;
        bytes[at] ^= 0x41U;
        testing::write_bytes(folder / "latest.h5", bytes);
        DataSpec spec = spec_of("fixed");
        spec.path = folder / "latest.h5";
        try {
            const Dataset dataset = Dataset::open(spec, "train");
            wrong_pixels(dataset);
        } catch (const Error&) {
            ++refused;
        }
    }
    EXPECT_GT(refused, 20);
}

} // namespace
} // namespace tacit::shards
