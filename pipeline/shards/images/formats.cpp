// SPDX-License-Identifier: Apache-2.0
#include "pipeline/shards/images/formats.hpp"

#include "pipeline/base/error.hpp"
#include "pipeline/base/file_kind.hpp"
#include "pipeline/shards/images/bmp.hpp"
#include "pipeline/shards/images/channels.hpp"
#include "pipeline/shards/images/codec.hpp"
#include "pipeline/shards/images/png_decoder.hpp"
#include "pipeline/shards/images/pnm.hpp"
#include "pipeline/shards/images/tiff.hpp"
#include "pipeline/shards/images/webp.hpp"
#include "pipeline/shards/split_names.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>

namespace tacit::shards {
namespace {

Format format_of(std::span<const std::uint8_t> bytes) {
    if (bytes.size() >= 3 && bytes[0] == 0xFF && bytes[1] == 0xD8 && bytes[2] == 0xFF) {
        return Format::jpeg;
    }
    if (PngDecoder::recognises(bytes)) {
        return Format::png;
    }
    if (is_tiff(bytes)) {
        return Format::tiff;
    }
    if (is_webp(bytes)) {
        return Format::webp;
    }
    if (is_bmp(bytes)) {
        return Format::bmp;
    }
    if (is_pnm(bytes)) {
        return Format::pnm;
    }
    throw DataError(kind_text(bytes, bytes.size(), ""));
}

PictureInfo png_info(std::span<const std::uint8_t> bytes) {
    const PngDecoder decoder(bytes);
    const augment::ImageShape shape = decoder.shape();
    refuse_huge(shape.width, shape.height, shape.channels, decoder.element());
    return {shape, decoder.element()};
}

PictureInfo decode_png(std::span<const std::uint8_t> bytes, std::vector<std::uint8_t>& pixels) {
    const PictureInfo info = png_info(bytes);
    pixels.resize(info.bytes());
    PngDecoder(bytes).decode(pixels.data());
    return info;
}

PictureInfo decode_as_stored(std::span<const std::uint8_t> bytes, Format format, bool first_page,
                             std::vector<std::uint8_t>& pixels) {
    switch (format) {
    case Format::png:
        return decode_png(bytes, pixels);
    case Format::tiff:
        return decode_tiff(bytes, first_page, pixels);
    case Format::webp:
        return decode_webp(bytes, pixels);
    case Format::bmp:
        return decode_bmp(bytes, pixels);
    case Format::pnm:
        return decode_pnm(bytes, pixels);
    case Format::jpeg:
        break;
    }
    const augment::ImageShape shape = encoded_shape(bytes);
    return {decode_image(bytes, shape.channels, pixels), Element::u8};
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
    switch (format) {
    case Format::png:
        return {format, png_info(bytes)};
    case Format::tiff:
        return {format, tiff_info(bytes, first_page)};
    case Format::webp:
        return {format, webp_info(bytes)};
    case Format::bmp:
        return {format, bmp_info(bytes)};
    case Format::pnm:
        return {format, pnm_info(bytes)};
    case Format::jpeg:
        break;
    }
    return {format, {encoded_shape(bytes), Element::u8}};
}

augment::ImageShape decode_file(std::span<const std::uint8_t> bytes, bool first_page, int channels, Element element,
                                std::vector<std::uint8_t>& pixels) {
    const Format format = format_of(bytes);
    const bool to_eight_bits = element == Element::u8 && (channels == 1 || channels == 3);
    if (to_eight_bits && (format == Format::jpeg || format == Format::png)) {
        return decode_image(bytes, channels, pixels);
    }
    const PictureInfo info = decode_as_stored(bytes, format, first_page, pixels);
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
