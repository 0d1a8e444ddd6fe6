// SPDX-License-Identifier: Apache-2.0
#include "pipeline/base/digest.hpp"
#include "pipeline/base/error.hpp"
#include "pipeline/shards/images/formats.hpp"
#include "tests/pipeline/shards/import/import_fixtures.hpp"

#include <gtest/gtest.h>

#include <cmath>

namespace tacit::shards {
namespace {

using namespace tacit::testing; // NOLINT(google-build-using-namespace)

/// A folder of copies of image fixtures, all unlabelled.
ImportOptions source_of(const TemporaryFolder& folder, const std::vector<std::string>& fixtures) {
    for (const std::string& fixture : fixtures) {
        write_bytes(folder / ("source/" + fixture), read_bytes(import_fixture("images/" + fixture)));
    }
    return options_for(folder);
}

TEST(ImportFormats, SixteenBitImagesOfOneSizeBecomeRawAndEightBitsAmongThemAreWidened) {
    const TemporaryFolder folder;
    const ImportOptions options = source_of(folder, {"gray.tif", "wide.tif", "wide.png"});
    const ImportSummary summary = import_images(options);
    EXPECT_EQ(summary.layout, Layout::raw);
    EXPECT_EQ(summary.element, Element::u16);
    const std::vector<std::uint16_t> once = oracle_values<std::uint16_t>(63);
    std::vector<std::uint16_t> expected;
    for (int i = 0; i < 3; ++i) {
        expected.insert(expected.end(), once.begin(), once.end());
    }
    EXPECT_EQ(stored_values<std::uint16_t>(options.out + "/train-00000.h5"), expected);
}

/// The mean and std that a reader gets are those of the 8-bit levels that it delivers, up to their rounding.
void expect_statistics_of_levels(const Dataset& dataset) {
    const auto channels = static_cast<std::size_t>(dataset.info().channels);
    std::vector<double> sum(channels);
    std::vector<double> squares(channels);
    double pixels = 0;
    SampleBuffer buffer;
    for (std::int64_t image = 0; image < dataset.info().size; ++image) {
        const augment::ImageView view = dataset.read(image, buffer);
        pixels += static_cast<double>(view.shape.bytes()) / static_cast<double>(channels);
        for (std::size_t i = 0; i < view.shape.bytes(); ++i) {
            const double level = view.data[i] / 255.0;
            sum[i % channels] += level;
            squares[i % channels] += level * level;
        }
    }
    for (std::size_t c = 0; c < channels; ++c) {
        const double mean = sum[c] / pixels;
        EXPECT_NEAR(dataset.info().mean[c], mean, 0.002);
        EXPECT_NEAR(dataset.info().std[c], std::sqrt(squares[c] / pixels - mean * mean), 0.002);
    }
}

TEST(ImportFormats, SignedAndFloatImagesKeepTheirType) {
    const TemporaryFolder folder;
    ImportOptions options = source_of(folder, {"stack.tif"});
    const ImportSummary summary = import_images(options);
    EXPECT_EQ(summary.shape, (augment::ImageShape{9, 7, 13}));
    EXPECT_EQ(summary.mean.size(), 13U);
    EXPECT_EQ(stored_values<float>(options.out + "/train-00000.h5"), oracle_values<float>(9 * 7 * 13));
    expect_statistics_of_levels(Dataset::open(options.out, "train"));
    const TemporaryFolder other;
    options = source_of(other, {"signed.tif"});
    EXPECT_EQ(import_images(options).element, Element::i16);
    EXPECT_TRUE(stored_images(options.out + "/train-00000.h5").is_signed);
    expect_statistics_of_levels(Dataset::open(options.out, "train"));
}

TEST(ImportFormats, ImagesOfOtherFormatsAndSizesAreStoredAsPngWithoutLoss) {
    const TemporaryFolder folder;
    const ImportOptions options = source_of(folder, {"rgb.bmp", "plain.ppm", "lossy.webp"});
    const ImportSummary summary = import_images(options);
    EXPECT_EQ(summary.layout, Layout::encoded);
    const Dataset train = Dataset::open(options.out, "train");
    EXPECT_EQ(pixels_of(train, 0), read_bytes(import_fixture("images/lossy-webp.raw")));
    EXPECT_EQ(pixels_of(train, 1), (Bytes{1, 2, 3, 250, 251, 252}));
    EXPECT_EQ(pixels_of(train, 2), read_bytes(import_fixture("images/rgb-bmp.raw")));
}

TEST(ImportFormats, SixteenBitImagesOfOtherSizesAreStoredAsPngOfSixteenBits) {
    const TemporaryFolder folder;
    const ImportOptions options = source_of(folder, {"tiles.tif", "wide.tif"});
    const ImportSummary summary = import_images(options);
    EXPECT_EQ(summary.layout, Layout::encoded);
    EXPECT_EQ(summary.element, Element::u16);
    SampleBuffer buffer;
    Dataset::open(options.out, "train").read(0, buffer);
    Bytes pixels;
    EXPECT_EQ(file_info(buffer.encoded, false).picture.element, Element::u16);
    decode_file(buffer.encoded, false, 3, Element::u16, pixels);
    EXPECT_EQ(pixels, read_bytes(import_fixture("images/tiles-tif.raw")));
    expect_statistics_of_levels(Dataset::open(options.out, "train"));
}

TEST(ImportFormats, WhatNoEncodedFormKeepsIsRefused) {
    const TemporaryFolder folder;
    ImportOptions options = source_of(folder, {"stack.tif"});
    options.layout = "encoded";
    EXPECT_NE(message_of<DataError>([&] { import_images(options); }).find("hold f32 values"), std::string::npos);
    options.layout = "auto";
    options.size = 4;
    EXPECT_NE(message_of<ConfigError>([&] { import_images(options); }).find("--size resizes 8-bit images"),
              std::string::npos);
    const TemporaryFolder mixed;
    options = source_of(mixed, {"stack.tif", "gray.tif"});
    EXPECT_NE(message_of<DataError>([&] { import_images(options); }).find("import them apart"), std::string::npos);
    const TemporaryFolder channels;
    options = source_of(channels, {"tile-planes.tif", "gray.tif"});
    EXPECT_NE(message_of<DataError>([&] { import_images(options); }).find("have 5 channels, PNG keeps 1 or 3"),
              std::string::npos);
}

TEST(ImportFormats, PagesAreRefusedByTheFileThatHasThem) {
    const TemporaryFolder folder;
    ImportOptions options = source_of(folder, {"pages.tif", "gray.tif"});
    const std::string message = message_of<DataError>([&] { import_images(options); });
    EXPECT_NE(message.find("source/pages.tif: is a TIFF of 2 pages"), std::string::npos) << message;
    options.first_page = true;
    EXPECT_EQ(import_images(options).splits[0].images, 2);
}

TEST(ImportFormats, BytesDoNotDependOnThreads) {
    const TemporaryFolder folder;
    ImportOptions options = source_of(folder, {"rgb.bmp", "plain.ppm", "lossy.webp", "palette.tif", "rgb.ppm"});
    options.shard_bytes = 400;
    std::string first;
    for (const int threads : {1, 2, 3}) {
        options.threads = threads;
        options.out = folder / std::to_string(threads);
        import_images(options);
        const std::string digest = sha256_of(folder_content(options.out));
        first = first.empty() ? digest : first;
        EXPECT_EQ(digest, first) << threads;
    }
}

} // namespace
} // namespace tacit::shards
