// SPDX-License-Identifier: Apache-2.0
#include "pipeline/shards/images/exif.hpp"

#include "tests/pipeline/shards/import/import_fixtures.hpp"

#include <gtest/gtest.h>

namespace tacit::shards {
namespace {

using namespace tacit::testing; // NOLINT(google-build-using-namespace)

/// A JPEG with EXIF data that hold this orientation, in either byte order.
Bytes held(const Bytes& jpeg, int orientation, bool little) {
    const auto value = static_cast<char>(orientation);
    const std::string tiff = little ? std::string("II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0", 18) + value + '\0'
                                    : std::string("MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0", 19) + value;
    std::string made("\xFF\xD8\xFF\xE1\0", 5);
    made += static_cast<char>(tiff.size() + 6 + 8);
    made.append("Exif\0\0", 6).append(tiff).append(6, '\0');
    made.append(jpeg.begin() + 2, jpeg.end());
    return {made.begin(), made.end()};
}

TEST(ExifOrientation, IsReadInEitherByteOrder) {
    const Bytes jpeg = make_jpeg({4, 6, 3}, 1);
    EXPECT_EQ(exif_orientation(jpeg), 1);
    for (int orientation = 1; orientation <= 8; ++orientation) {
        EXPECT_EQ(exif_orientation(held(jpeg, orientation, true)), orientation);
        EXPECT_EQ(exif_orientation(held(jpeg, orientation, false)), orientation);
    }
    EXPECT_EQ(exif_orientation(held(jpeg, 9, true)), 1);
    EXPECT_EQ(exif_orientation(make_png({4, 4, 3}, 1)), 1);
}

TEST(ExifOrientation, CutAndDamagedDataMeanUpright) {
    const Bytes whole = held(make_jpeg({4, 6, 3}, 1), 6, true);
    for (std::size_t size = 0; size < 31; ++size) {
        EXPECT_EQ(exif_orientation(std::span(whole).first(size)), 1) << size;
    }
    for (std::size_t at = 0; at < 48; ++at) {
        Bytes damaged = whole;
        damaged[at] ^= 0xFF;
        const int orientation = exif_orientation(damaged);
        EXPECT_TRUE(orientation >= 1 && orientation <= 8) << at;
    }
}

/// The letters of an image of 2 rows and 3 columns, turned upright.
std::string turned(int orientation) {
    Bytes pixels = {'a', 'b', 'c', 'd', 'e', 'f'};
    const augment::ImageShape shape = turn_upright(pixels, {2, 3, 1}, 1, orientation);
    EXPECT_EQ(shape, turned_shape({2, 3, 1}, orientation));
    std::string text;
    for (int y = 0; y < shape.height; ++y) {
        const auto row = pixels.begin() + y * shape.width;
        text += (y > 0 ? "/" : "") + std::string(row, row + shape.width);
    }
    return text;
}

TEST(ExifOrientation, TurnsAsExifDefinesIt) {
    EXPECT_EQ(turned(1), "abc/def");
    EXPECT_EQ(turned(2), "cba/fed");  // mirrored
    EXPECT_EQ(turned(3), "fed/cba");  // half a turn
    EXPECT_EQ(turned(4), "def/abc");  // upside down, mirrored
    EXPECT_EQ(turned(5), "ad/be/cf"); // transposed
    EXPECT_EQ(turned(6), "da/eb/fc"); // a quarter turn clockwise
    EXPECT_EQ(turned(7), "fc/eb/da"); // transposed along the other diagonal
    EXPECT_EQ(turned(8), "cf/be/ad"); // a quarter turn counterclockwise
}

TEST(ExifOrientation, IsAppliedByAnImportWhereThatIsAsked) {
    const TemporaryFolder folder;
    const Bytes jpeg = make_jpeg({10, 8, 3}, 1);
    write_bytes(folder / "source/a.jpg", jpeg);
    ImportOptions options = options_for(folder);
    import_images(options);
    Bytes upright = pixels_of(Dataset::open(options.out, "train"), 0);
    write_bytes(folder / "source/a.jpg", held(jpeg, 6, false));
    options.overwrite = true;
    const ImportSummary left = import_images(options);
    EXPECT_EQ(pixels_of(Dataset::open(options.out, "train"), 0), upright);
    ASSERT_EQ(left.notes.size(), 1U);
    EXPECT_EQ(left.notes[0], "1 image with an EXIF orientation, which is not applied, as in torchvision; --apply-exif "
                             "turns such images upright");
    turn_upright(upright, {10, 8, 3}, 3, 6);
    options.apply_exif = true;
    for (const std::string layout : {"raw", "encoded"}) {
        options.layout = layout;
        const ImportSummary summary = import_images(options);
        EXPECT_TRUE(summary.notes.empty());
        EXPECT_EQ(summary.shape, (augment::ImageShape{8, 10, 3}));
        EXPECT_EQ(pixels_of(Dataset::open(options.out, "train"), 0), upright) << layout;
    }
}

TEST(ImageExtensions, OtherNamesOfJpegAreRead) {
    const TemporaryFolder folder;
    for (const char* name : {"a.jfif", "b.jpe", "c.JFIF", "d.jpeg"}) {
        write_bytes(folder / (std::string("source/") + name), make_jpeg({4, 4, 3}, 1));
    }
    EXPECT_EQ(images_of(options_for(folder)).size(), 4U);
}

} // namespace
} // namespace tacit::shards
