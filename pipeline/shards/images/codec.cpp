// SPDX-License-Identifier: Apache-2.0
#include "pipeline/shards/images/codec.hpp"

#include "pipeline/base/error.hpp"
#include "pipeline/shards/images/channels.hpp"
#include "pipeline/shards/images/jpeg_decoder.hpp"
#include "pipeline/shards/images/picture.hpp"
#include "pipeline/shards/images/png_decoder.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace tacit::shards {
namespace {

enum class Encoding { jpeg, png };

Encoding encoding_of(std::span<const std::uint8_t> bytes) {
    if (JpegDecoder::recognises(bytes)) {
        return Encoding::jpeg;
    }
    if (PngDecoder::recognises(bytes)) {
        return Encoding::png;
    }
    throw DataError(bytes.empty() ? "is empty" : "is neither JPEG nor PNG");
}

JpegDecoder& jpeg_decoder() {
    thread_local JpegDecoder decoder;
    return decoder;
}

/// Adobe stores inverted CMYK: 255 is no ink.
void convert_cmyk(const std::vector<std::uint8_t>& cmyk, int channels, std::uint8_t* out) {
    for (std::size_t i = 0; i + 3 < cmyk.size(); i += 4) {
        std::uint8_t rgb[3];
        for (std::size_t c = 0; c < 3; ++c) {
            rgb[c] = static_cast<std::uint8_t>((cmyk[i + c] * cmyk[i + 3] + 127) / 255);
        }
        if (channels == 1) {
            *out++ = luma<std::uint8_t>(rgb);
        } else {
            out = std::copy(rgb, rgb + 3, out);
        }
    }
}

augment::ImageShape decode_jpeg(std::span<const std::uint8_t> bytes, int channels, const PixelRoom& room) {
    constexpr int kInks = 4;
    JpegDecoder& decoder = jpeg_decoder();
    const augment::ImageShape native = decoder.open(bytes);
    refuse_huge(native.width, native.height);
    const augment::ImageShape shape{native.height, native.width, channels};
    std::uint8_t* out = room(shape);
    if (native.channels == kInks) {
        std::vector<std::uint8_t> cmyk(native.bytes());
        decoder.decode(kInks, cmyk.data());
        convert_cmyk(cmyk, channels, out);
    } else {
        decoder.decode(channels, out);
    }
    return shape;
}

augment::ImageShape decode_png(std::span<const std::uint8_t> bytes, int channels, const PixelRoom& room) {
    PngDecoder decoder(bytes);
    const augment::ImageShape native = decoder.shape();
    refuse_huge(native.width, native.height);
    const augment::ImageShape shape{native.height, native.width, channels};
    std::uint8_t* out = room(shape);
    std::vector<std::uint8_t> wider(native.channels > channels ? native.bytes() : 0);
    std::uint8_t* decoded = wider.empty() ? out : wider.data();
    decoder.decode(decoded);
    convert_channels(Element::u8, native.channels, channels, native.bytes() / static_cast<std::size_t>(native.channels),
                     decoded);
    std::copy_n(wider.begin(), std::min(wider.size(), shape.bytes()), out);
    return shape;
}

} // namespace

augment::ImageShape encoded_shape(std::span<const std::uint8_t> bytes) {
    if (encoding_of(bytes) == Encoding::png) {
        const augment::ImageShape shape = PngDecoder(bytes).shape();
        refuse_huge(shape.width, shape.height);
        return shape;
    }
    const augment::ImageShape shape = jpeg_decoder().open(bytes);
    refuse_huge(shape.width, shape.height);
    return {shape.height, shape.width, shape.channels == 1 ? 1 : 3};
}

augment::ImageShape decode_image(std::span<const std::uint8_t> bytes, int channels, const PixelRoom& room) {
    if (channels != 1 && channels != 3) {
        throw DataError(fmt::format("JPEG and PNG images cannot be read as {} channels", channels));
    }
    return encoding_of(bytes) == Encoding::png ? decode_png(bytes, channels, room) : decode_jpeg(bytes, channels, room);
}

augment::ImageShape decode_image(std::span<const std::uint8_t> bytes, int channels, std::vector<std::uint8_t>& pixels) {
    return decode_image(bytes, channels, [&pixels](augment::ImageShape shape) {
        pixels.resize(shape.bytes());
        return pixels.data();
    });
}

} // namespace tacit::shards
