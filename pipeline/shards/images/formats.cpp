// SPDX-License-Identifier: Apache-2.0
#include "pipeline/shards/images/formats.hpp"

#include "pipeline/base/error.hpp"
#include "pipeline/base/file_kind.hpp"
#include "pipeline/shards/images/channels.hpp"
#include "pipeline/shards/images/codec.hpp"
#include "pipeline/shards/images/decoders.hpp"
#include "pipeline/shards/images/jpeg_decoder.hpp"
#include "pipeline/shards/images/png_decoder.hpp"
#include "pipeline/shards/splits/split_names.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

namespace tacit::shards {
namespace {

Format format_of(ImageBytes bytes) {
    constexpr std::array<std::pair<bool (*)(ImageBytes), Format>, 6> kFormats = {
        {{JpegDecoder::recognises, Format::jpeg},
         {PngDecoder::recognises, Format::png},
         {is_tiff, Format::tiff},
         {is_webp, Format::webp},
         {is_bmp, Format::bmp},
         {is_pnm, Format::pnm}}};
    for (const auto& [recognises, format] : kFormats) {
        if (recognises(bytes)) {
            return format;
        }
    }
    throw DataError(kind_text(bytes, bytes.size(), ""));
}

PictureInfo read_png(ImageBytes bytes, Pixels* pixels) {
    PngDecoder decoder(bytes);
    const PictureInfo info{decoder.shape(), decoder.element()};
    refuse_huge(info.shape.width, info.shape.height, info.shape.channels, info.element);
    if (pixels != nullptr) {
        pixels->resize(info.bytes());
        decoder.decode(pixels->data());
    }
    return info;
}

PictureInfo read_jpeg(ImageBytes bytes, Pixels* pixels) {
    const augment::ImageShape shape = encoded_shape(bytes);
    return {pixels == nullptr ? shape : decode_image(bytes, shape.channels, *pixels), Element::u8};
}

/// `pixels` as in decoders.hpp.
PictureInfo read_as_stored(ImageBytes bytes, Format format, bool first_page, Pixels* pixels) {
    switch (format) {
    case Format::png:
        return read_png(bytes, pixels);
    case Format::tiff:
        return read_tiff(bytes, first_page, pixels);
    case Format::webp:
        return read_webp(bytes, pixels);
    case Format::bmp:
        return read_bmp(bytes, pixels);
    case Format::pnm:
        return read_pnm(bytes, pixels);
    case Format::jpeg:
        break;
    }
    return read_jpeg(bytes, pixels);
}

} // namespace

bool has_image_extension(const std::string& name) {
    constexpr std::array<std::string_view, 12> kExtensions = {".jpg",  ".jpeg", ".jpe", ".jfif", ".png", ".tif",
                                                              ".tiff", ".webp", ".bmp", ".pgm",  ".ppm", ".pnm"};
    const std::size_t dot = name.rfind('.');
    const std::string extension = dot == std::string::npos ? std::string() : lower_case(name.substr(dot));
    return std::find(kExtensions.begin(), kExtensions.end(), extension) != kExtensions.end();
}

FileInfo file_info(std::span<const std::uint8_t> bytes, bool first_page) {
    const Format format = format_of(bytes);
    return {format, read_as_stored(bytes, format, first_page, nullptr)};
}

augment::ImageShape decode_file(std::span<const std::uint8_t> bytes, bool first_page, int channels, Element element,
                                std::vector<std::uint8_t>& pixels) {
    const Format format = format_of(bytes);
    const bool to_eight_bits = element == Element::u8 && (channels == 1 || channels == 3);
    if (to_eight_bits && (format == Format::jpeg || format == Format::png)) {
        return decode_image(bytes, channels, pixels);
    }
    const PictureInfo info = read_as_stored(bytes, format, first_page, &pixels);
    const bool widen = info.element == Element::u8 && element == Element::u16;
    if (!widen) {
        refuse_other_element(info.element, element);
    }
    augment::ImageShape shape = info.shape;
    const std::size_t count = static_cast<std::size_t>(shape.height) * static_cast<std::size_t>(shape.width);
    shape.channels = std::max(channels, info.shape.channels);
    pixels.resize(shape.bytes() * element_bytes(element));
    if (widen) {
        widen_values(info.shape.bytes(), pixels.data());
    }
    convert_channels(element, info.shape.channels, channels, count, pixels.data());
    shape.channels = channels;
    pixels.resize(shape.bytes() * element_bytes(element));
    return shape;
}

} // namespace tacit::shards
