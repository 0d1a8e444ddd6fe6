// SPDX-License-Identifier: Apache-2.0
#include "augment/random/draws.hpp"
#include "pipeline/base/error.hpp"
#include "pipeline/shards/images/codec.hpp"
#include "tests/pipeline/shards/image_fixtures.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstdio> // jpeglib.h wants it
#include <cstdlib>
#include <jpeglib.h>
#include <string>
#include <vector>

namespace tacit::shards {
namespace {

using augment::Box;
using augment::ImageShape;
using Bytes = std::vector<std::uint8_t>;

/// How a test picture is stored.
struct Storage {
    const char* name;
    int across = 1; ///< luma samples to a chroma sample
    int down = 1;
    bool progressive = false;
    int restart_rows = 0; ///< blocks' rows between restart markers
    bool arithmetic = false;
    bool gray = false;
    bool scans = false; ///< a scan for each component
};

const std::array<Storage, 12> kStorages{{{"444"},
                                         {"422", 2, 1},
                                         {"420", 2, 2},
                                         {"440", 1, 2},
                                         {"411", 4, 1},
                                         {"410", 4, 2},
                                         {"gray", 1, 1, false, 0, false, true},
                                         {"gray of 2 x 2 blocks", 2, 2, false, 0, false, true},
                                         {"420 progressive", 2, 2, true},
                                         {"420 with restarts", 2, 2, false, 1},
                                         {"420 arithmetic", 2, 2, false, 0, true},
                                         {"420 in three scans", 2, 2, false, 0, false, false, true}}};

/// Noise over a slope: every block has coefficients of all frequencies, and edges of blocks show.
Bytes picture(ImageShape shape) {
    Bytes pixels = testing::make_pixels(shape, 3);
    augment::Draws draws({1, 0, 0}, 0, 0);
    for (std::uint8_t& value : pixels) {
        value = static_cast<std::uint8_t>((value + draws.below(90)) / 2);
    }
    return pixels;
}

void start_compressing(jpeg_compress_struct& jpeg, ImageShape shape, const Storage& storage) {
    jpeg.image_height = static_cast<JDIMENSION>(shape.height);
    jpeg.image_width = static_cast<JDIMENSION>(shape.width);
    jpeg.input_components = shape.channels;
    jpeg.in_color_space = shape.channels == 1 ? JCS_GRAYSCALE : JCS_RGB;
    jpeg_set_defaults(&jpeg);
    jpeg_set_quality(&jpeg, 85, TRUE);
    jpeg.comp_info[0].h_samp_factor = storage.across;
    jpeg.comp_info[0].v_samp_factor = storage.down;
    jpeg.restart_in_rows = storage.restart_rows;
    jpeg.arith_code = storage.arithmetic ? TRUE : FALSE;
    if (storage.progressive) {
        jpeg_simple_progression(&jpeg);
    }
}

Bytes compress(ImageShape shape, const Storage& storage) {
    const Bytes pixels = picture(shape);
    jpeg_compress_struct jpeg{};
    jpeg_error_mgr errors{};
    jpeg.err = jpeg_std_error(&errors);
    jpeg_create_compress(&jpeg);
    unsigned char* out = nullptr;
    unsigned long bytes = 0;
    jpeg_mem_dest(&jpeg, &out, &bytes);
    start_compressing(jpeg, shape, storage);
    std::array<jpeg_scan_info, 3> scans{{{1, {0}, 0, 63, 0, 0}, {1, {1}, 0, 63, 0, 0}, {1, {2}, 0, 63, 0, 0}}};
    if (storage.scans) {
        jpeg.scan_info = scans.data();
        jpeg.num_scans = static_cast<int>(scans.size());
    }
    jpeg_start_compress(&jpeg, TRUE);
    for (std::size_t y = 0; y < static_cast<std::size_t>(shape.height); ++y) {
        const std::size_t row = y * static_cast<std::size_t>(shape.width * shape.channels);
        JSAMPROW line = const_cast<JSAMPROW>(pixels.data() + row); // libjpeg does not write there
        jpeg_write_scanlines(&jpeg, &line, 1);
    }
    jpeg_finish_compress(&jpeg);
    jpeg_destroy_compress(&jpeg);
    Bytes file(out, out + bytes);
    std::free(out); // NOLINT(cppcoreguidelines-no-malloc)
    return file;
}

Bytes whole(const Bytes& file, int channels) {
    Bytes pixels;
    decode_image(file, channels, pixels);
    return pixels;
}

/// What is decoded for the window.
struct Decoded {
    Box box;
    Bytes pixels;
};

Decoded decode_window(const Bytes& file, int channels, const Box& wanted) {
    EncodedImage image(file, channels);
    const Box box = image.start(wanted);
    Bytes pixels(ImageShape{box.height, box.width, channels}.bytes());
    image.decode(pixels.data());
    return {box, pixels};
}

Bytes cut(const Bytes& pixels, ImageShape shape, const Box& box) {
    Bytes out;
    for (int y = box.top; y < box.top + box.height; ++y) {
        const auto row = pixels.begin() + std::ptrdiff_t{y} * shape.width * shape.channels;
        out.insert(out.end(), row + std::ptrdiff_t{box.left} * shape.channels,
                   row + std::ptrdiff_t{box.left + box.width} * shape.channels);
    }
    return out;
}

/// The wanted pixels out of what was decoded.
Bytes wanted_of(const Decoded& decoded, int channels, const Box& wanted) {
    const ImageShape shape{decoded.box.height, decoded.box.width, channels};
    return cut(decoded.pixels, shape,
               {wanted.top - decoded.box.top, wanted.left - decoded.box.left, wanted.height, wanted.width});
}

Box random_box(ImageShape shape, augment::Draws& draws) {
    const int height = 1 + draws.below(shape.height);
    const int width = 1 + draws.below(shape.width);
    return {draws.below(shape.height - height + 1), draws.below(shape.width - width + 1), height, width};
}

class JpegWindow : public ::testing::TestWithParam<Storage> {};

INSTANTIATE_TEST_SUITE_P(Storages, JpegWindow, ::testing::ValuesIn(kStorages), [](const auto& storage) {
    std::string name = storage.param.name;
    std::replace(name.begin(), name.end(), ' ', '_');
    return name;
});

TEST_P(JpegWindow, HasThePixelsOfTheWholeImage) {
    const Storage& storage = GetParam();
    augment::Draws draws({2, 0, 0}, 0, 0);
    for (const ImageShape size : {ImageShape{144, 200, 3}, ImageShape{97, 131, 3}, ImageShape{65, 33, 3},
                                  ImageShape{17, 300, 3}, ImageShape{5, 3, 3}, ImageShape{1, 1, 3}}) {
        const Bytes file = compress({size.height, size.width, storage.gray ? 1 : 3}, storage);
        for (const int channels : {1, 3}) {
            const ImageShape shape{size.height, size.width, channels};
            const Bytes all = whole(file, channels);
            for (int i = 0; i < 150; ++i) {
                const Box wanted = random_box(shape, draws);
                const Decoded decoded = decode_window(file, channels, wanted);
                ASSERT_TRUE(decoded.box.holds(wanted));
                ASSERT_EQ(wanted_of(decoded, channels, wanted), cut(all, shape, wanted))
                    << wanted.height << " x " << wanted.width << " at " << wanted.top << ", " << wanted.left;
            }
        }
    }
}

TEST_P(JpegWindow, OfEveryPixelAloneIsThatPixel) {
    const Storage& storage = GetParam();
    const Bytes file = compress({45, 70, storage.gray ? 1 : 3}, storage);
    const ImageShape shape{45, 70, 3};
    const Bytes all = whole(file, 3);
    for (int y = 0; y < shape.height; ++y) {
        for (int x = 0; x < shape.width; ++x) {
            const Box pixel{y, x, 1, 1};
            ASSERT_EQ(wanted_of(decode_window(file, 3, pixel), 3, pixel), cut(all, shape, pixel)) << y << ", " << x;
        }
    }
}

TEST(JpegWindow, DecodesLittleMoreThanIsWanted) {
    const Bytes file = compress({480, 640, 3}, kStorages[2]);
    const Box box = decode_window(file, 3, {100, 200, 50, 60}).box;
    EXPECT_EQ(box.top, 100);
    EXPECT_EQ(box.height, 50);
    EXPECT_GE(box.left, 200 - 32);
    EXPECT_LE(box.left + box.width, 260 + 32);
}

TEST(JpegWindow, OfAProgressiveFileThatEndsEarlyIsThatOfItsWholeImage) {
    const ImageShape shape{97, 131, 3};
    Bytes file = compress(shape, kStorages[8]);
    constexpr std::array<std::uint8_t, 2> kScan{0xFF, 0xDA};
    auto end = file.begin();
    for (int scan = 0; scan < 3; ++scan) {
        end = std::search(end + 1, file.end(), kScan.begin(), kScan.end());
    }
    file.erase(end, file.end());
    file.insert(file.end(), {0xFF, 0xD9});
    const Bytes all = whole(file, 3);
    augment::Draws draws({3, 0, 0}, 0, 0);
    for (int i = 0; i < 50; ++i) {
        const Box wanted = random_box(shape, draws);
        EXPECT_EQ(wanted_of(decode_window(file, 3, wanted), 3, wanted), cut(all, shape, wanted));
    }
}

TEST(JpegWindow, LooksAtNothingBelowIt) {
    const ImageShape shape{144, 200, 3};
    const Bytes file = compress(shape, kStorages[2]);
    const Bytes half(file.begin(), file.begin() + static_cast<std::ptrdiff_t>(file.size() / 2));
    const Box top{0, 0, 40, 200};
    EXPECT_EQ(wanted_of(decode_window(half, 3, top), 3, top), cut(whole(file, 3), shape, top));
    EXPECT_THROW(whole(half, 3), DataError);
    EXPECT_THROW(decode_window(half, 3, {140, 0, 4, 10}), DataError);
    EXPECT_EQ(whole(file, 3).size(), shape.bytes()); // the decoder goes on
}

TEST(EncodedImage, DecodesPngsWhole) {
    const ImageShape shape{9, 14, 3};
    const Bytes file = testing::make_png(shape, 1);
    const Decoded decoded = decode_window(file, 3, {2, 3, 4, 5});
    EXPECT_EQ(decoded.box, augment::whole_box(shape));
    EXPECT_EQ(decoded.pixels, testing::make_pixels(shape, 1));
}

} // namespace
} // namespace tacit::shards
