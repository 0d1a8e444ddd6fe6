// SPDX-License-Identifier: Apache-2.0
#include "pipeline/base/error.hpp"
#include "pipeline/shards/images/byte_reader.hpp"
#include "pipeline/shards/images/decoders.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace tacit::shards {
namespace {

constexpr std::size_t kFileHeader = 14;
constexpr std::size_t kInfoHeader = 40;
constexpr std::uint32_t kUncompressed = 0;
constexpr std::uint32_t kBitFields = 3;

struct Bitmap {
    int width = 0;
    int height = 0;
    bool top_down = false;
    std::size_t bits = 0;
    std::size_t data = 0;                  ///< where pixels begin
    std::size_t row = 0;                   ///< bytes, padded to a multiple of four
    std::span<const std::uint8_t> palette; ///< entries of blue, green, red, 0
    bool gray = false;
};

/// 32 bits may come with masks; only those that say what is usual anyway are taken.
void check_masks(std::span<const std::uint8_t> bytes) {
    const std::size_t at = kFileHeader + kInfoHeader;
    if (bytes.size() < at + 12 || little32(&bytes[at]) != 0xFF0000U || little32(&bytes[at + 4]) != 0xFF00U ||
        little32(&bytes[at + 8]) != 0xFFU) {
        throw DataError("is a BMP with channel masks of its own; save it as 24 bits");
    }
}

void read_palette(std::span<const std::uint8_t> bytes, Bitmap& bitmap) {
    const std::uint32_t claimed = little32(&bytes[46]);
    const std::size_t entries = claimed == 0 ? 256 : claimed;
    const std::size_t at = kFileHeader + little32(&bytes[14]);
    if (entries > 256 || at > bytes.size() || bytes.size() - at < 4 * entries) {
        throw DataError("is a damaged BMP (its palette is not there)");
    }
    bitmap.palette = bytes.subspan(at, 4 * entries);
    bitmap.gray = true;
    for (std::size_t i = 0; i < bitmap.palette.size(); i += 4) {
        const std::uint8_t* entry = &bitmap.palette[i];
        bitmap.gray = bitmap.gray && entry[0] == entry[1] && entry[1] == entry[2];
    }
}

Bitmap bmp_header(std::span<const std::uint8_t> bytes) {
    if (bytes.size() < kFileHeader + kInfoHeader || little32(&bytes[14]) < kInfoHeader) {
        throw DataError("is a damaged BMP (its header is cut or older than Windows 3)");
    }
    Bitmap bitmap;
    const auto height = static_cast<std::int32_t>(little32(&bytes[22]));
    bitmap.top_down = height < 0;
    const std::int64_t rows = bitmap.top_down ? -std::int64_t{height} : height;
    const auto width = static_cast<std::int32_t>(little32(&bytes[18]));
    refuse_huge(width, rows, 3);
    bitmap.width = width;
    bitmap.height = static_cast<int>(rows);
    bitmap.bits = little16(&bytes[28]);
    bitmap.data = little32(&bytes[10]);
    const std::uint32_t compression = little32(&bytes[30]);
    const bool plain = compression == kUncompressed && (bitmap.bits == 8 || bitmap.bits == 24 || bitmap.bits == 32);
    if (!plain && (compression != kBitFields || bitmap.bits != 32)) {
        throw DataError(
            fmt::format("is a BMP of {} bits and compression {}; Tacit reads 8, 24 and 32 bits uncompressed",
                        bitmap.bits, compression));
    }
    if (compression == kBitFields) {
        check_masks(bytes);
    }
    if (bitmap.bits == 8) {
        read_palette(bytes, bitmap);
    }
    bitmap.row = (static_cast<std::size_t>(width) * bitmap.bits + 31) / 32 * 4;
    return bitmap;
}

void decode_row(const Bitmap& bitmap, const std::uint8_t* from, std::uint8_t* out) {
    const std::size_t step = bitmap.bits / 8;
    for (int x = 0; x < bitmap.width; ++x, from += step) {
        const std::uint8_t* blue_first = from;
        if (!bitmap.palette.empty()) {
            if (std::size_t{4} * *from >= bitmap.palette.size()) {
                throw DataError("is a damaged BMP (a pixel beyond the palette)");
            }
            blue_first = &bitmap.palette[std::size_t{4} * *from];
        }
        if (bitmap.gray) {
            *out++ = *blue_first;
        } else {
            out = std::reverse_copy(blue_first, blue_first + 3, out);
        }
    }
}

} // namespace

bool is_bmp(ImageBytes bytes) {
    return bytes.size() >= 2 && bytes[0] == 'B' && bytes[1] == 'M';
}

PictureInfo read_bmp(ImageBytes bytes, Pixels* pixels) {
    const Bitmap bitmap = bmp_header(bytes);
    const PictureInfo info{{bitmap.height, bitmap.width, bitmap.gray ? 1 : 3}, Element::u8};
    if (pixels == nullptr) {
        return info;
    }
    const auto rows = static_cast<std::size_t>(bitmap.height);
    if (bitmap.data > bytes.size() || bytes.size() - bitmap.data < rows * bitmap.row) {
        throw DataError("is a damaged BMP (it ends too early)");
    }
    pixels->resize(info.bytes());
    for (std::size_t y = 0; y < rows; ++y) {
        const std::size_t stored = bitmap.top_down ? y : rows - 1 - y;
        decode_row(bitmap, &bytes[bitmap.data + stored * bitmap.row], pixels->data() + y * (info.bytes() / rows));
    }
    return info;
}

} // namespace tacit::shards
