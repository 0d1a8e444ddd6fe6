// SPDX-License-Identifier: Apache-2.0
#include "pipeline/shards/images/codec.hpp"

#include "pipeline/base/error.hpp"
#include "pipeline/shards/images/channels.hpp"
#include "pipeline/shards/images/jpeg_decoder.hpp"
#include "pipeline/shards/images/picture.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace tacit::shards {
namespace {

enum class Encoding { jpeg, png };

/// Channels of a CMYK image.
constexpr int kInks = 4;

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

void decode_cmyk(augment::ImageShape native, int channels, std::uint8_t* out) {
    std::vector<std::uint8_t> cmyk(native.bytes());
    jpeg_decoder().read(cmyk.data());
    convert_cmyk(cmyk, channels, out);
}

void decode_png(PngDecoder& decoder, augment::ImageShape native, int channels, std::uint8_t* out) {
    std::vector<std::uint8_t> wider(native.channels > channels ? native.bytes() : 0);
    std::uint8_t* decoded = wider.empty() ? out : wider.data();
    decoder.decode(decoded);
    const std::size_t pixels = native.bytes() / static_cast<std::size_t>(native.channels);
    convert_channels(Element::u8, native.channels, channels, pixels, decoded);
    std::copy_n(wider.begin(), std::min(wider.size(), pixels * static_cast<std::size_t>(channels)), out);
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

EncodedImage::EncodedImage(std::span<const std::uint8_t> bytes, int channels) : channels_(channels) {
    if (channels != 1 && channels != 3) {
        throw DataError(fmt::format("JPEG and PNG images cannot be read as {} channels", channels));
    }
    native_ = encoding_of(bytes) == Encoding::png ? png_.emplace(bytes).shape() : jpeg_decoder().open(bytes);
    refuse_other_element(png_ ? png_->element() : Element::u8, Element::u8);
    refuse_huge(native_.width, native_.height);
}

augment::Box EncodedImage::start(const augment::Box& wanted) {
    if (png_) {
        return augment::whole_box(native_);
    }
    return native_.channels == kInks ? jpeg_decoder().start(kInks, augment::whole_box(native_))
                                     : jpeg_decoder().start(channels_, wanted);
}

void EncodedImage::decode(std::uint8_t* out) {
    if (png_) {
        decode_png(*png_, native_, channels_, out);
    } else if (native_.channels == kInks) {
        decode_cmyk(native_, channels_, out);
    } else {
        jpeg_decoder().read(out);
    }
}

augment::ImageShape decode_image(std::span<const std::uint8_t> bytes, int channels, std::vector<std::uint8_t>& pixels) {
    EncodedImage image(bytes, channels);
    image.start(augment::whole_box(image.shape()));
    pixels.resize(image.shape().bytes());
    image.decode(pixels.data());
    return image.shape();
}

} // namespace tacit::shards
