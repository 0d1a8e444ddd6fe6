// SPDX-License-Identifier: Apache-2.0
#include "pipeline/base/error.hpp"
#include "pipeline/shards/dataset.hpp"
#include "pipeline/shards/format/shard_index.hpp"
#include "pipeline/shards/index/index_bytes.hpp"
#include "pipeline/shards/inspect.hpp"
#include "tests/pipeline/shards/dataset_fixtures.hpp"
#include "tests/pipeline/shards/guess/printed_section.hpp"
#include "tests/pipeline/shards/hdf5_files.hpp"
#include "tests/pipeline/shards/image_fixtures.hpp"

#include <gtest/gtest.h>

namespace tacit::shards {
namespace {

using testing::counting;
using testing::Hdf5File;
using testing::Hdf5Storage;
using testing::pixels_of;

using Bytes = std::vector<std::uint8_t>;
using Numbers = std::vector<std::int32_t>;

constexpr std::size_t kPixels = 12 * 10 * 3;

Bytes moved_to_last(const Bytes& planes, std::size_t channels) {
    Bytes out(planes.size());
    const std::size_t plane = planes.size() / channels;
    for (std::size_t i = 0; i < planes.size(); ++i) {
        out[i % plane * channels + i / plane] = planes[i];
    }
    return out;
}

/// Four images of two classes.
void write_pets(const std::string& path, const std::vector<hsize_t>& shape, const Hdf5Storage& storage = {}) {
    const Hdf5File file(path);
    for (const char* name : {"cat/0", "cat/1", "dog/0", "dog/1"}) {
        file.add(name, shape, counting<std::uint8_t>(shape[0] * shape[1] * (shape.size() > 2 ? shape[2] : 1), name[0]),
                 storage);
    }
}

void expect_pets(const Dataset& dataset, augment::ImageShape shape) {
    EXPECT_EQ(dataset.info().size, 4);
    EXPECT_EQ(dataset.info().shape, shape);
    EXPECT_EQ(dataset.info().classes, (std::vector<std::string>{"cat", "dog"}));
    EXPECT_EQ(dataset.labels(), (Numbers{0, 0, 1, 1}));
}

TEST(GroupImages, OfPixelsAreFoundByInspect) {
    const TemporaryFolder folder;
    write_pets(folder / "pets.h5", {12, 10, 3});
    const Inspection found = inspect(folder / "pets.h5", kWithoutMeasuring);
    EXPECT_FALSE(mentions(found.notes, "other arrays"));
    const PrintedSection section = parsed(found.data_section);
    EXPECT_EQ(section.spec.images, "/");
    EXPECT_EQ(section.spec.axes, "");
    expect_pets(opened(section, "train"), {12, 10, 3});
}

TEST(GroupImages, OfOneChannelAreFoundByInspect) {
    const TemporaryFolder folder;
    write_pets(folder / "pets.h5", {12, 10});
    expect_pets(opened(printed(folder / "pets.h5"), "train"), {12, 10, 1});
}

TEST(GroupImages, MayHaveChannelsFirst) {
    const TemporaryFolder folder;
    write_pets(folder / "pets.h5", {3, 12, 10});
    const Dataset dataset = opened(printed(folder / "pets.h5"), "train");
    expect_pets(dataset, {12, 10, 3});
    EXPECT_EQ(pixels_of(dataset, 2), moved_to_last(counting<std::uint8_t>(kPixels, 'd'), 3));
}

TEST(GroupImages, HaveTheAxesThatTheConfigSays) {
    const TemporaryFolder folder;
    write_pets(folder / "pets.h5", {5, 12, 10});
    DataSpec spec;
    spec.path = folder / "pets.h5";
    spec.images = "/";
    EXPECT_EQ(Dataset::open(spec, "train").info().shape, (augment::ImageShape{5, 12, 10}));
    spec.axes = "CHW";
    EXPECT_EQ(Dataset::open(spec, "train").info().shape, (augment::ImageShape{12, 10, 5}));
}

TEST(GroupImages, MayBeCompressedEach) {
    const TemporaryFolder folder;
    write_pets(folder / "pets.h5", {12, 10, 3}, {{5, 10, 2}, 4, H5I_INVALID_HID});
    const Dataset dataset = opened(printed(folder / "pets.h5"), "train");
    expect_pets(dataset, {12, 10, 3});
    EXPECT_EQ(pixels_of(dataset, 3), counting<std::uint8_t>(kPixels, 'd'));
    EXPECT_NE(dataset.name(3).find("dog/1"), std::string::npos) << dataset.name(3);
}

TEST(GroupImages, CompressedOnesMayDifferInSizeAndStandAmongOthers) {
    const TemporaryFolder folder;
    const Bytes tall = counting<std::uint8_t>(20 * 10 * 3, 251);
    {
        const Hdf5File file(folder / "a.h5");
        file.add("photos/0", {12, 10, 3}, counting<std::uint8_t>(kPixels, 100));
        file.add("photos/1", {20, 10, 3}, tall, {{20, 10, 3}, 4, H5I_INVALID_HID});
        file.add("photos/2", {12, 10, 3}, counting<std::uint8_t>(kPixels, 101));
        file.add("labels", {3}, std::vector<std::int64_t>{0, 2, 1});
    }
    const Dataset dataset = opened(printed(folder / "a.h5"), "train");
    EXPECT_EQ(dataset.info().shape, (augment::ImageShape{0, 0, 3}));
    EXPECT_EQ(dataset.labels(), (Numbers{0, 2, 1}));
    EXPECT_EQ(pixels_of(dataset, 1), tall);
    EXPECT_EQ(pixels_of(dataset, 2), counting<std::uint8_t>(kPixels, 101));
    DataSpec spec;
    spec.images = "photos";
    EXPECT_NO_THROW(check_index(index_file(folder / "a.h5", spec, "train")));
}

TEST(GroupImages, CompressedJpegsAreRefusedWithAdvice) {
    const TemporaryFolder folder;
    const Bytes png = testing::make_png({8, 8, 3}, 1);
    Hdf5File(folder / "a.h5").add("photos/0", {png.size()}, png, {{png.size()}, 4, H5I_INVALID_HID});
    DataSpec spec;
    spec.path = folder / "a.h5";
    spec.images = "photos";
    const std::string message = message_of<DataError>([&] { Dataset::open(spec, "train"); });
    EXPECT_NE(message.find("photos/0: is a JPEG or PNG in 1 chunks with filters"), std::string::npos) << message;
}

TEST(GroupImages, GroupsInsideOfAClassAreRefused) {
    const TemporaryFolder folder;
    {
        const Hdf5File file(folder / "a.h5");
        file.add("photos/cat/0", {12, 10, 3}, counting<std::uint8_t>(kPixels, 100));
        file.add("photos/cat/more/0", {12, 10, 3}, counting<std::uint8_t>(kPixels, 101));
    }
    DataSpec spec;
    spec.path = folder / "a.h5";
    spec.images = "photos";
    const std::string message = message_of<DataError>([&] { Dataset::open(spec, "train"); });
    EXPECT_NE(message.find("a.h5: photos/cat/more: is a group inside of class 'cat'"), std::string::npos) << message;
    EXPECT_NE(message.find("data.images"), std::string::npos) << message;
}

TEST(GroupImages, OfAGroupThatCannotBeReadInspectSaysWhy) {
    const TemporaryFolder folder;
    {
        const Hdf5File file(folder / "a.h5");
        file.add("images/x0", {12, 10, 3}, counting<std::uint8_t>(kPixels, 100));
        file.add("images/x1", {12}, std::vector<float>(12));
        file.add("images/x2", {12, 10, 3}, counting<std::uint8_t>(kPixels, 101));
    }
    const Inspection found = inspect(folder / "a.h5", kWithoutMeasuring);
    EXPECT_EQ(parsed(found.data_section).spec.images, "images/x0");
    EXPECT_TRUE(mentions(found.notes, "not taken: " + folder / "a.h5" + ": images/x1: "));
}

TEST(GroupImages, PhotoByItselfIsOneImage) {
    const TemporaryFolder folder;
    add<std::uint8_t>(Hdf5File(folder / "a.h5"), "photo", {20, 30, 3}, 251);
    const PrintedSection section = printed(folder / "a.h5");
    EXPECT_EQ(section.spec.axes, "HWC");
    const Dataset dataset = opened(section, "train");
    EXPECT_EQ(dataset.info().size, 1);
    EXPECT_EQ(dataset.info().shape, (augment::ImageShape{20, 30, 3}));
}

TEST(GroupImages, LabelsTellAReaderThatAPhotoIsAStack) {
    const TemporaryFolder folder;
    testing::write_foreign(folder / "a.h5", "images", {100, 128, 3}, "labels");
    EXPECT_EQ(Dataset::open(folder / "a.h5", "train").info().shape, (augment::ImageShape{128, 3, 1}));
}

} // namespace
} // namespace tacit::shards
