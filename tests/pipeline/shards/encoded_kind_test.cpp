// SPDX-License-Identifier: Apache-2.0
#include "pipeline/base/error.hpp"
#include "pipeline/base/png.hpp"
#include "pipeline/shards/dataset.hpp"
#include "tests/pipeline/shards/hdf5_files.hpp"
#include "tests/pipeline/shards/image_fixtures.hpp"

#include <gtest/gtest.h>

#include <cstring>

namespace tacit::shards {
namespace {

using testing::make_jpeg;
using testing::make_png;

using Bytes = std::vector<std::uint8_t>;

constexpr augment::ImageShape kGray{4, 5, 1};
constexpr augment::ImageShape kColour{4, 5, 3};

/// A PNG of 16 bits and its numbers.
struct DeepPng {
    explicit DeepPng(augment::ImageShape shape) {
        for (std::size_t i = 0; i < shape.values(); ++i) {
            numbers.push_back(static_cast<std::uint16_t>(i * 1003 + 7));
        }
        const std::string png = encode_png(numbers.data(), shape.height, shape.width, shape.channels);
        file.assign(png.begin(), png.end());
    }

    std::vector<std::uint16_t> numbers;
    Bytes file;
};

/// A file with one data set an image.
void write_group(const std::string& path, const std::vector<Bytes>& images) {
    const testing::Hdf5File file(path);
    for (std::size_t i = 0; i < images.size(); ++i) {
        file.add("images/" + std::to_string(i), {images[i].size()}, images[i]);
    }
}

Dataset open_group(const TemporaryFolder& folder, const std::vector<Bytes>& images) {
    write_group(folder / "group.h5", images);
    return Dataset::open(folder / "group.h5", "train");
}

/// The numbers of an image of 16 bits.
std::vector<std::uint16_t> numbers_of(const Dataset& dataset, std::int64_t image) {
    SampleBuffer buffer;
    Block block;
    dataset.load(0, block, buffer.scratch);
    const StoredImage values = dataset.values(block, image, buffer);
    std::vector<std::uint16_t> numbers(values.bytes.size() / 2);
    std::memcpy(numbers.data(), values.bytes.data(), values.bytes.size());
    return numbers;
}

Bytes levels_of(const Dataset& dataset, std::int64_t image) {
    SampleBuffer buffer;
    const augment::ImageView view = dataset.read(image, buffer);
    return {view.data, view.data + view.shape.bytes()};
}

std::string refused(const Dataset& dataset, std::int64_t image) {
    return message_of<DataError>([&] { levels_of(dataset, image); });
}

TEST(EncodedKind, SixteenBitsOfAPngAreKept) {
    for (const augment::ImageShape shape : {kGray, kColour}) {
        const TemporaryFolder folder;
        const DeepPng deep(shape);
        const Dataset dataset = open_group(folder, {deep.file, deep.file});
        EXPECT_EQ(dataset.info().element, Element::u16);
        EXPECT_EQ(dataset.info().channels, shape.channels);
        EXPECT_EQ(dataset.info().value_range, (std::vector<double>{0, 65535}));
        EXPECT_EQ(numbers_of(dataset, 1), deep.numbers);
    }
}

TEST(EncodedKind, GrayPngsHaveOneChannel) {
    const TemporaryFolder folder;
    const Dataset dataset = open_group(folder, {make_png(kGray, 0), make_png(kGray, 1)});
    EXPECT_EQ(dataset.info().channels, 1);
    EXPECT_EQ(levels_of(dataset, 1), testing::make_pixels(kGray, 1));
}

TEST(EncodedKind, JpegsAreRgbWhateverTheFirstIs) {
    const TemporaryFolder folder;
    const Dataset dataset = open_group(folder, {make_jpeg(kGray, 0), make_jpeg(kColour, 1)});
    EXPECT_EQ(dataset.info().channels, 3);
    EXPECT_EQ(levels_of(dataset, 0).size(), kColour.bytes());
    EXPECT_EQ(levels_of(dataset, 1).size(), kColour.bytes());
}

TEST(EncodedKind, MixedPngsAreReadAsWhatLosesNothing) {
    const TemporaryFolder folder;
    const DeepPng deep(kColour);
    const Dataset dataset = open_group(folder, {make_png(kGray, 0), deep.file});
    EXPECT_EQ(dataset.info().element, Element::u16);
    const std::vector<std::uint16_t> first = numbers_of(dataset, 0);
    const Bytes gray = testing::make_pixels(kGray, 0);
    ASSERT_EQ(first.size(), gray.size() * 3);
    for (std::size_t i = 0; i < first.size(); ++i) {
        EXPECT_EQ(first[i], gray[i / 3] * 257);
    }
    EXPECT_EQ(numbers_of(dataset, 1), deep.numbers);
}

/// Of 128 images every third one is looked at.
std::vector<Bytes> gray_but(std::size_t place, const Bytes& other) {
    std::vector<Bytes> images(128, make_png(kGray, 0));
    images[place] = other;
    return images;
}

TEST(EncodedKind, ImageThatDoesNotFitTheOthersIsNamed) {
    const TemporaryFolder folder;
    const Dataset deep = open_group(folder, gray_but(65, DeepPng(kGray).file));
    EXPECT_NE(refused(deep, 65).find("image 65 (number 65 of split 'train') holds u16 values"), std::string::npos)
        << refused(deep, 65);
    EXPECT_EQ(levels_of(deep, 66), testing::make_pixels(kGray, 0));
    for (const Bytes& other : {make_png(kColour, 0), make_jpeg(kColour, 0)}) {
        const TemporaryFolder other_folder;
        const Dataset colour = open_group(other_folder, gray_but(65, other));
        EXPECT_NE(refused(colour, 65).find("image 65 (number 65 of split 'train') has colour"), std::string::npos)
            << refused(colour, 65);
    }
}

TEST(EncodedKind, ColourAmongGrayImagesOfSixteenBitsIsNamed) {
    const TemporaryFolder folder;
    std::vector<Bytes> images(128, DeepPng(kGray).file);
    images[65] = DeepPng(kColour).file;
    EXPECT_NE(refused(open_group(folder, images), 65).find("has colour"), std::string::npos);
}

TEST(EncodedKind, DamagedHeaderDoesNotDecide) {
    const TemporaryFolder folder;
    const DeepPng deep(kGray);
    const Dataset dataset = open_group(folder, {Bytes(10, 1), deep.file});
    EXPECT_EQ(numbers_of(dataset, 1), deep.numbers);
    EXPECT_NE(refused(dataset, 0).find("image 0"), std::string::npos);
}

TEST(EncodedKind, FilesOfOneSplitShareTheirs) {
    const TemporaryFolder folder;
    const DeepPng deep(kGray);
    write_group(folder / "part-0.h5", {make_png(kColour, 0)});
    write_group(folder / "part-1.h5", {deep.file});
    const Dataset dataset = Dataset::open(folder / "part-*.h5", "train");
    EXPECT_EQ(dataset.info().element, Element::u16);
    EXPECT_EQ(dataset.info().value_range, (std::vector<double>{0, 65535}));
    EXPECT_EQ(dataset.info().channels, 3);
    EXPECT_EQ(levels_of(dataset, 0), testing::make_pixels(kColour, 0));
}

TEST(EncodedKind, SplitIsReadAsTheWiderOneBesideIt) {
    const TemporaryFolder folder;
    const TemporaryFolder other_folder;
    const DeepPng deep(kColour);
    Dataset gray = open_group(folder, {make_png(kGray, 0), make_png(kGray, 1)});
    gray.read_as(open_group(other_folder, {deep.file}).info());
    EXPECT_EQ(gray.info().element, Element::u16);
    EXPECT_EQ(gray.info().value_range, (std::vector<double>{0, 65535}));
    EXPECT_EQ(gray.info().channels, 3);
    const Bytes pixels = testing::make_pixels(kGray, 1);
    const Bytes levels = levels_of(gray, 1);
    ASSERT_EQ(levels.size(), pixels.size() * 3);
    for (std::size_t i = 0; i < levels.size(); ++i) {
        EXPECT_EQ(levels[i], pixels[i / 3]);
    }
}

TEST(EncodedKind, SplitIsNeverReadAsANarrowerOne) {
    const TemporaryFolder folder;
    const TemporaryFolder other_folder;
    const DeepPng deep(kColour);
    Dataset colour = open_group(folder, {deep.file});
    colour.read_as(open_group(other_folder, {make_png(kGray, 0)}).info());
    EXPECT_EQ(colour.info().element, Element::u16);
    EXPECT_EQ(colour.info().channels, 3);
    EXPECT_EQ(numbers_of(colour, 0), deep.numbers);
}

TEST(EncodedKind, PixelsAreNotReadWider) {
    const TemporaryFolder folder;
    {
        const testing::Hdf5File file(folder / "stack.h5");
        file.add("images", {2, 4, 5, 1}, Bytes(40, 7));
    }
    Dataset pixels = Dataset::open(folder / "stack.h5", "train");
    pixels.read_as(open_group(folder, {DeepPng(kColour).file}).info());
    EXPECT_EQ(pixels.info().element, Element::u8);
    EXPECT_EQ(pixels.info().channels, 1);
}

} // namespace
} // namespace tacit::shards
