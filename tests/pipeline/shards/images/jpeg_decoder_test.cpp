// SPDX-License-Identifier: Apache-2.0
#include "augment/random/draws.hpp"
#include "pipeline/base/error.hpp"
#include "pipeline/shards/images/jpeg_decoder.hpp"
#include "pipeline/shards/images/jpeg_modules.hpp"
#include "tests/pipeline/shards/image_fixtures.hpp"

#include <gtest/gtest.h>
#include <turbojpeg.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <string>
#include <vector>

namespace tacit::shards {
namespace {

using augment::ImageShape;
using Bytes = std::vector<std::uint8_t>;

Bytes compress(const Bytes& pixels, ImageShape shape, int format, int subsampling, int quality, int flags) {
    const tjhandle handle = tjInitCompress();
    unsigned char* out = nullptr;
    unsigned long bytes = 0;
    EXPECT_EQ(tjCompress2(handle, pixels.data(), shape.width, 0, shape.height, format, &out, &bytes, subsampling,
                          quality, flags),
              0);
    Bytes jpeg(out, out + bytes);
    tjFree(out);
    tjDestroy(handle);
    return jpeg;
}

Bytes compress(ImageShape shape, int format, int subsampling, int flags) {
    return compress(testing::make_pixels(shape, 3), shape, format, subsampling, 90, flags);
}

/// All values equally often.
Bytes noise(ImageShape shape) {
    Bytes pixels(shape.bytes());
    augment::Draws draws({1, 0, 0}, 0, 0);
    std::generate(pixels.begin(), pixels.end(), [&] { return static_cast<std::uint8_t>(draws.word()); });
    return pixels;
}

Bytes by_turbojpeg(const Bytes& jpeg, ImageShape shape, int format) {
    Bytes pixels(shape.bytes());
    const tjhandle handle = tjInitDecompress();
    EXPECT_EQ(tjDecompress2(handle, jpeg.data(), jpeg.size(), pixels.data(), shape.width, 0, shape.height, format,
                            TJFLAG_ACCURATEDCT),
              0);
    tjDestroy(handle);
    return pixels;
}

Bytes by_tacit(JpegDecoder& decoder, const Bytes& jpeg, ImageShape shape) {
    const ImageShape found = decoder.open(jpeg);
    EXPECT_EQ(found.height, shape.height);
    EXPECT_EQ(found.width, shape.width);
    Bytes pixels(shape.bytes());
    decoder.start(shape.channels, augment::whole_box(shape));
    decoder.read(pixels.data());
    return pixels;
}

std::string error_of(JpegDecoder& decoder, const Bytes& jpeg, ImageShape shape) {
    try {
        by_tacit(decoder, jpeg, shape);
    } catch (const DataError& error) {
        return error.what();
    }
    return {};
}

TEST(JpegDecoder, EqualsTurboJpegForEverySubsampling) {
    JpegDecoder decoder;
    for (const int subsampling : {TJSAMP_444, TJSAMP_422, TJSAMP_420, TJSAMP_GRAY, TJSAMP_440, TJSAMP_411}) {
        for (const int flags : {0, TJFLAG_PROGRESSIVE}) {
            for (const ImageShape size : {ImageShape{48, 64, 3}, ImageShape{37, 51, 3}, ImageShape{1, 1, 3}}) {
                const Bytes jpeg = compress(size, TJPF_RGB, subsampling, flags);
                const ImageShape gray{size.height, size.width, 1};
                EXPECT_EQ(by_tacit(decoder, jpeg, size), by_turbojpeg(jpeg, size, TJPF_RGB));
                EXPECT_EQ(by_tacit(decoder, jpeg, gray), by_turbojpeg(jpeg, gray, TJPF_GRAY));
            }
        }
    }
}

/// Long codes, large coefficients and stuffed bytes at high quality, long runs of zeros at low.
TEST(JpegDecoder, EqualsTurboJpegForNoise) {
    JpegDecoder decoder;
    for (const int quality : {5, 30, 60, 85, 95, 100}) {
        for (const int subsampling : {TJSAMP_444, TJSAMP_422, TJSAMP_420, TJSAMP_GRAY}) {
            for (const ImageShape size : {ImageShape{128, 160, 3}, ImageShape{201, 333, 3}}) {
                const Bytes jpeg = compress(noise(size), size, TJPF_RGB, subsampling, quality, 0);
                EXPECT_EQ(by_tacit(decoder, jpeg, size), by_turbojpeg(jpeg, size, TJPF_RGB)) << quality;
            }
        }
    }
}

TEST(JpegDecoder, EqualsTurboJpegForTablesOfAFilesOwn) {
    JpegDecoder decoder;
    const ImageShape size{128, 160, 3};
    setenv("TJ_OPTIMIZE", "1", 1); // TurboJPEG makes tables that fit the picture
    for (const int quality : {20, 90}) {
        const Bytes jpeg = compress(noise(size), size, TJPF_RGB, TJSAMP_420, quality, 0);
        EXPECT_EQ(by_tacit(decoder, jpeg, size), by_turbojpeg(jpeg, size, TJPF_RGB)) << quality;
    }
    unsetenv("TJ_OPTIMIZE");
}

/// Tables are made ready on the way, once files enough have had them.
TEST(JpegDecoder, EqualsTurboJpegForManySmallFiles) {
    JpegDecoder decoder;
    const ImageShape size{32, 32, 3};
    for (int seed = 0; seed < 12; ++seed) {
        const Bytes jpeg = compress(testing::make_pixels(size, seed), size, TJPF_RGB, TJSAMP_420, 75, 0);
        EXPECT_LT(jpeg.size(), 1500U); // of which tables take 600
        EXPECT_EQ(by_tacit(decoder, jpeg, size), by_turbojpeg(jpeg, size, TJPF_RGB)) << seed;
    }
}

TEST(JpegDecoder, WritesTheSameRowsAtEveryAddressAndNothingElse) {
    JpegDecoder decoder;
    const ImageShape size{40, 32, 3};
    const Bytes jpeg = compress(size, TJPF_RGB, TJSAMP_420, 0);
    const Bytes wanted = by_turbojpeg(jpeg, size, TJPF_RGB);
    for (std::size_t offset = 1; offset < 34; ++offset) {
        Bytes room(size.bytes() + 35, 77);
        decoder.open(jpeg);
        decoder.start(3, augment::whole_box(size));
        decoder.read(room.data() + offset);
        Bytes expected(room.size(), 77);
        std::copy(wanted.begin(), wanted.end(), expected.begin() + static_cast<std::ptrdiff_t>(offset));
        EXPECT_EQ(room, expected) << offset;
    }
}

/// Without its Huffman tables, as frames of Motion JPEG come: the standard ones are meant.
Bytes without_tables(Bytes jpeg) {
    constexpr std::array<std::uint8_t, 2> kTable{0xFF, 0xC4};
    for (auto at = jpeg.begin(); (at = std::search(at, jpeg.end(), kTable.begin(), kTable.end())) != jpeg.end();) {
        at = jpeg.erase(at, at + 2 + at[2] * 256 + at[3]);
    }
    return jpeg;
}

TEST(JpegDecoder, ForgetsTheTablesOfTheFileBefore) {
    JpegDecoder decoder;
    const ImageShape size{64, 80, 3};
    const Bytes standard = compress(noise(size), size, TJPF_RGB, TJSAMP_420, 80, 0);
    setenv("TJ_OPTIMIZE", "1", 1);
    const Bytes own = compress(noise(size), size, TJPF_RGB, TJSAMP_420, 20, 0);
    unsetenv("TJ_OPTIMIZE");
    by_tacit(decoder, own, size);
    EXPECT_EQ(by_tacit(decoder, without_tables(standard), size), by_turbojpeg(standard, size, TJPF_RGB));
}

/// Damage that libjpeg-turbo reads over gives the same pixels; damage at which it stops is refused.
TEST(JpegDecoder, EqualsTurboJpegForDamagedFiles) {
    JpegDecoder decoder;
    const ImageShape size{96, 128, 3};
    const Bytes jpeg = compress(noise(size), size, TJPF_RGB, TJSAMP_420, 70, 0);
    augment::Draws draws({2, 0, 0}, 0, 0);
    int read = 0;
    for (int i = 0; i < 300; ++i) {
        Bytes damaged = jpeg;
        damaged[700 + static_cast<std::size_t>(draws.below(static_cast<int>(jpeg.size()) - 700))] ^=
            static_cast<std::uint8_t>(1 + draws.below(255));
        try {
            const Bytes pixels = by_tacit(decoder, damaged, size);
            Bytes wanted(size.bytes());
            const tjhandle handle = tjInitDecompress();
            tjDecompress2(handle, damaged.data(), damaged.size(), wanted.data(), size.width, 0, size.height, TJPF_RGB,
                          TJFLAG_ACCURATEDCT); // fails for a warning, having decoded all
            tjDestroy(handle);
            EXPECT_EQ(pixels, wanted);
            ++read;
        } catch (const DataError& error) {
            EXPECT_NE(std::string(error.what()).find("damaged JPEG"), std::string::npos);
        }
    }
    EXPECT_GT(read, 100);
}

TEST(JpegDecoder, EqualsTurboJpegForInks) {
    JpegDecoder decoder;
    const ImageShape shape{21, 34, 4};
    const Bytes jpeg = compress(shape, TJPF_CMYK, TJSAMP_444, 0);
    EXPECT_EQ(decoder.open(jpeg).channels, 4);
    EXPECT_EQ(by_tacit(decoder, jpeg, shape), by_turbojpeg(jpeg, shape, TJPF_CMYK));
}

TEST(JpegDecoder, ReadsOnAfterDamagedFiles) {
    JpegDecoder decoder;
    const ImageShape shape{64, 64, 3};
    const Bytes jpeg = compress(noise(shape), shape, TJPF_RGB, TJSAMP_420, 90, 0);
    const Bytes wanted = by_turbojpeg(jpeg, shape, TJPF_RGB);
    for (std::size_t bytes = 0; bytes < jpeg.size(); bytes += 97) {
        const Bytes cut(jpeg.begin(), jpeg.begin() + static_cast<std::ptrdiff_t>(bytes));
        EXPECT_EQ(error_of(decoder, cut, shape), "is a damaged JPEG (it ends too early)") << bytes;
        EXPECT_EQ(by_tacit(decoder, jpeg, shape), wanted) << bytes;
    }
}

TEST(JpegDecoder, RefusesScansWithoutEnd) {
    JpegDecoder decoder;
    const ImageShape shape{16, 16, 3};
    const Bytes jpeg = compress(shape, TJPF_RGB, TJSAMP_444, TJFLAG_PROGRESSIVE);
    constexpr std::array<std::uint8_t, 2> kScan{0xFF, 0xDA};
    const auto scan = std::search(jpeg.begin(), jpeg.end(), kScan.begin(), kScan.end());
    const auto end = std::adjacent_find(scan + 2, jpeg.end(), [](int a, int b) { return a == 0xFF && b != 0; });
    const Bytes first(scan, end);
    Bytes many(jpeg.begin(), end);
    for (int i = 0; i < 1000; ++i) {
        many.insert(many.end(), first.begin(), first.end());
    }
    many.insert(many.end(), end, jpeg.end());
    const std::string error = error_of(decoder, many, shape);
    EXPECT_NE(error.find("more than 500 scans"), std::string::npos) << error;
}

TEST(JpegModules, TheFunctionThatIsReplacedIsFoundWhereTheHeadersSayAndNowhereElse) {
    ASSERT_NE(decode_mcu_offset(), kNoModules) << "compiled without <jpegint.h>: libjpeg's own decoder is used";
    EXPECT_TRUE(keeps_decode_mcu_at(decode_mcu_offset()));
    EXPECT_TRUE(may_replace_decode_mcu());
    // Where another version's private structure had it before or after: there libjpeg has what is not called for MCUs.
    EXPECT_FALSE(keeps_decode_mcu_at(decode_mcu_offset() - sizeof(void*)));
    EXPECT_FALSE(keeps_decode_mcu_at(decode_mcu_offset() + sizeof(void*)));
    EXPECT_FALSE(keeps_decode_mcu_at(kNoModules));
}

} // namespace
} // namespace tacit::shards
