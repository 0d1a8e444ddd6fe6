// SPDX-License-Identifier: Apache-2.0
#include "pipeline/shards/images/codec.hpp"

#include "pipeline/base/error.hpp"
#include "pipeline/shards/images/channels.hpp"
#include "pipeline/shards/images/picture.hpp"
#include "pipeline/shards/images/png_decoder.hpp"

#include <fmt/format.h>
#include <turbojpeg.h>

#include <algorithm>
#include <memory>
#include <string_view>

namespace tacit::shards {
namespace {

enum class Encoding { jpeg, png };

Encoding encoding_of(std::span<const std::uint8_t> bytes) {
    if (bytes.size() >= 3 && bytes[0] == 0xFF && bytes[1] == 0xD8 && bytes[2] == 0xFF) {
        return Encoding::jpeg;
    }
    if (PngDecoder::recognises(bytes)) {
        return Encoding::png;
    }
    throw DataError(bytes.empty() ? "is empty" : "is neither JPEG nor PNG");
}

struct TurboCloser {
    void operator()(void* handle) const { tjDestroy(handle); }
};

void* turbojpeg() {
    thread_local std::unique_ptr<void, TurboCloser> handle(tjInitDecompress());
    if (!handle) {
        throw DataError(fmt::format("cannot start the JPEG decoder: {}", tjGetErrorStr2(nullptr)));
    }
    return handle.get();
}

struct JpegHeader {
    int width = 0;
    int height = 0;
    int colour_space = 0;
};

JpegHeader jpeg_header(std::span<const std::uint8_t> bytes) {
    JpegHeader header;
    int subsampling = 0;
    void* handle = turbojpeg();
    const int status = tjDecompressHeader3(handle, bytes.data(), bytes.size(), &header.width, &header.height,
                                           &subsampling, &header.colour_space);
    if (status != 0 && (tjGetErrorCode(handle) == TJERR_FATAL || header.width < 1 || header.height < 1)) {
        throw DataError(fmt::format("is a damaged JPEG ({})", tjGetErrorStr2(handle)));
    }
    refuse_huge(header.width, header.height);
    return header;
}

void decompress(std::span<const std::uint8_t> bytes, const JpegHeader& header, int format, std::uint8_t* out) {
    void* handle = turbojpeg();
    if (tjDecompress2(handle, bytes.data(), bytes.size(), out, header.width, 0, header.height, format,
                      TJFLAG_ACCURATEDCT) == 0) {
        return;
    }
    // Warnings such as stray bytes before a marker leave a whole picture; a missing end does not.
    const std::string_view message = tjGetErrorStr2(handle);
    if (tjGetErrorCode(handle) == TJERR_FATAL || message.find("remature end") != std::string_view::npos) {
        throw DataError(fmt::format("is a damaged JPEG ({})", message));
    }
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

augment::ImageShape decode_jpeg(std::span<const std::uint8_t> bytes, int channels, std::vector<std::uint8_t>& pixels) {
    const JpegHeader header = jpeg_header(bytes);
    const augment::ImageShape shape{header.height, header.width, channels};
    pixels.resize(shape.bytes());
    if (header.colour_space == TJCS_CMYK || header.colour_space == TJCS_YCCK) {
        std::vector<std::uint8_t> cmyk(augment::ImageShape{header.height, header.width, 4}.bytes());
        decompress(bytes, header, TJPF_CMYK, cmyk.data());
        convert_cmyk(cmyk, channels, pixels.data());
    } else {
        decompress(bytes, header, channels == 1 ? TJPF_GRAY : TJPF_RGB, pixels.data());
    }
    return shape;
}

augment::ImageShape decode_png(std::span<const std::uint8_t> bytes, int channels, std::vector<std::uint8_t>& pixels) {
    PngDecoder decoder(bytes);
    const augment::ImageShape native = decoder.shape();
    refuse_huge(native.width, native.height);
    const augment::ImageShape shape{native.height, native.width, channels};
    pixels.resize(std::max(shape.bytes(), native.bytes()));
    decoder.decode(pixels.data());
    convert_channels(Element::u8, native.channels, channels, native.bytes() / static_cast<std::size_t>(native.channels),
                     pixels.data());
    return shape;
}

} // namespace

augment::ImageShape encoded_shape(std::span<const std::uint8_t> bytes) {
    if (encoding_of(bytes) == Encoding::png) {
        const augment::ImageShape shape = PngDecoder(bytes).shape();
        refuse_huge(shape.width, shape.height);
        return shape;
    }
    const JpegHeader header = jpeg_header(bytes);
    return {header.height, header.width, header.colour_space == TJCS_GRAY ? 1 : 3};
}

augment::ImageShape decode_image(std::span<const std::uint8_t> bytes, int channels, std::vector<std::uint8_t>& pixels) {
    if (channels != 1 && channels != 3) {
        throw DataError(fmt::format("JPEG and PNG images cannot be read as {} channels", channels));
    }
    return encoding_of(bytes) == Encoding::png ? decode_png(bytes, channels, pixels)
                                               : decode_jpeg(bytes, channels, pixels);
}

} // namespace tacit::shards
