// SPDX-License-Identifier: Apache-2.0
#include "pipeline/base/error.hpp"
#include "pipeline/shards/images/decoders.hpp"
#include "pipeline/shards/images/tiff_file.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

namespace tacit::shards {
namespace {

struct Raster {
    PictureInfo info;          ///< of the result
    std::uint16_t samples = 0; ///< channels as stored
    std::uint16_t photometric = 0;
    bool planes = false; ///< each channel in strips or tiles of its own
    bool tiled = false;
    std::uint32_t block_width = 0; ///< of a tile or strip
    std::uint32_t block_height = 0;
};

Element element_of(const TiffFile& file) {
    const std::uint16_t bits = file.number(TIFFTAG_BITSPERSAMPLE, 1);
    const std::uint16_t format = file.number(TIFFTAG_SAMPLEFORMAT, SAMPLEFORMAT_UINT);
    if (format == SAMPLEFORMAT_UINT && (bits == 8 || bits == 16)) {
        return bits == 8 ? Element::u8 : Element::u16;
    }
    if (format == SAMPLEFORMAT_INT && bits == 16) {
        return Element::i16;
    }
    if (format == SAMPLEFORMAT_IEEEFP && (bits == 32 || bits == 64)) {
        return bits == 32 ? Element::f32 : Element::f64;
    }
    throw DataError(fmt::format("is a TIFF of {} bits a channel in sample format {}; Tacit reads unsigned 8 and 16 "
                                "bits, signed 16 bits and floats of 32 and 64 bits",
                                bits, format));
}

/// Channels that are colours: an extra sample that says it is alpha is dropped.
int channels_of(const TiffFile& file, std::uint16_t samples, std::uint16_t photometric) {
    const int colours = photometric == PHOTOMETRIC_RGB || photometric == PHOTOMETRIC_YCBCR ? 3 : 1;
    const bool alpha = samples == colours + 1 && file.last_sample_is_alpha();
    return alpha ? colours : samples;
}

void choose_colours(TiffFile& file, Raster& raster) {
    const std::uint16_t compression = file.number(TIFFTAG_COMPRESSION, COMPRESSION_NONE);
    switch (raster.photometric) {
    case PHOTOMETRIC_MINISWHITE:
    case PHOTOMETRIC_MINISBLACK:
    case PHOTOMETRIC_RGB:
        return;
    case PHOTOMETRIC_PALETTE:
        if (raster.samples != 1 || raster.info.element != Element::u8) {
            throw DataError("is a TIFF with a palette of other than 8 bits; save it as RGB");
        }
        return;
    case PHOTOMETRIC_YCBCR:
        if (compression == COMPRESSION_JPEG && raster.samples == 3) {
            file.convert_jpeg_to_rgb();
            return;
        }
        [[fallthrough]];
    default:
        throw DataError(
            fmt::format("is a TIFF in colour space {} (CMYK, CIELab or YCbCr); save it as RGB", raster.photometric));
    }
}

Raster raster_of(TiffFile& file) {
    Raster raster;
    const std::uint32_t width = file.wide_number(TIFFTAG_IMAGEWIDTH, 0);
    const std::uint32_t height = file.wide_number(TIFFTAG_IMAGELENGTH, 0);
    raster.samples = file.number(TIFFTAG_SAMPLESPERPIXEL, 1);
    raster.photometric = file.number(TIFFTAG_PHOTOMETRIC, PHOTOMETRIC_MINISBLACK);
    raster.info.element = element_of(file);
    choose_colours(file, raster);
    refuse_huge(width, height, raster.samples, raster.info.element);
    const bool palette = raster.photometric == PHOTOMETRIC_PALETTE;
    const int channels = palette ? 3 : channels_of(file, raster.samples, raster.photometric);
    raster.info.shape = {static_cast<int>(height), static_cast<int>(width), channels};
    raster.planes = file.number(TIFFTAG_PLANARCONFIG, PLANARCONFIG_CONTIG) == PLANARCONFIG_SEPARATE;
    raster.tiled = file.tiled();
    raster.block_width = raster.tiled ? file.wide_number(TIFFTAG_TILEWIDTH, 0) : width;
    raster.block_height = raster.tiled
                              ? file.wide_number(TIFFTAG_TILELENGTH, 0)
                              : std::min(height, std::max(1U, file.wide_number(TIFFTAG_ROWSPERSTRIP, 0xFFFFFFFFU)));
    refuse_huge(raster.block_width, raster.block_height, raster.samples, raster.info.element);
    return raster;
}

/// Copies the samples [first, first + count) of one block's pixels to their place.
void place_block(const Raster& raster, const std::vector<std::uint8_t>& block, std::uint32_t x0, std::uint32_t y0,
                 int first, int count, std::uint8_t* out) {
    const std::size_t value = element_bytes(raster.info.element);
    const auto width = static_cast<std::uint32_t>(raster.info.shape.width);
    const auto height = static_cast<std::uint32_t>(raster.info.shape.height);
    const auto channels = static_cast<std::size_t>(raster.info.shape.channels);
    const std::size_t from_step = value * (raster.planes ? 1 : raster.samples);
    for (std::uint32_t y = y0; y < std::min(height, y0 + raster.block_height); ++y) {
        const std::uint8_t* from = &block[std::size_t{y - y0} * raster.block_width * from_step];
        std::uint8_t* to = out + ((std::size_t{y} * width + x0) * channels + static_cast<std::size_t>(first)) * value;
        for (std::uint32_t x = x0; x < std::min(width, x0 + raster.block_width); ++x) {
            std::memcpy(to, from, value * static_cast<std::size_t>(count));
            from += from_step;
            to += channels * value;
        }
    }
}

/// Every strip or tile into `out`, [height, width, shape.channels].
void read_blocks(TiffFile& file, const Raster& raster, std::uint8_t* out) {
    const augment::ImageShape& shape = raster.info.shape;
    const std::size_t value = element_bytes(raster.info.element);
    std::vector<std::uint8_t> block(std::size_t{raster.block_width} * raster.block_height *
                                    (raster.planes ? 1 : raster.samples) * value);
    const int passes = raster.planes ? shape.channels : 1;
    std::uint32_t number = 0;
    for (int pass = 0; pass < passes; ++pass) {
        for (std::uint32_t y = 0; y < static_cast<std::uint32_t>(shape.height); y += raster.block_height) {
            const std::uint32_t rows = std::min(raster.block_height, static_cast<std::uint32_t>(shape.height) - y);
            const std::size_t wanted = raster.tiled ? block.size() : block.size() / raster.block_height * rows;
            for (std::uint32_t x = 0; x < static_cast<std::uint32_t>(shape.width); x += raster.block_width) {
                file.read_block(number++, block.data(), wanted);
                place_block(raster, block, x, y, pass, raster.planes ? 1 : shape.channels, out);
            }
        }
    }
}

template <class T> void invert(std::vector<std::uint8_t>& pixels) {
    for (std::size_t i = 0; i < pixels.size(); i += sizeof(T)) {
        T value = 0;
        std::memcpy(&value, &pixels[i], sizeof(T));
        value = static_cast<T>(static_cast<T>(~T{0}) - value);
        std::memcpy(&pixels[i], &value, sizeof(T));
    }
}

void turn_white_to_black(Element element, std::vector<std::uint8_t>& pixels) {
    if (element == Element::u8) {
        invert<std::uint8_t>(pixels);
    } else if (element == Element::u16) {
        invert<std::uint16_t>(pixels);
    } else {
        throw DataError("is a TIFF of signed or float values with white as zero; save it with black as zero");
    }
}

void expand_palette(const TiffFile& file, const std::vector<std::uint8_t>& places, std::vector<std::uint8_t>& pixels) {
    const TiffFile::Palette palette = file.palette();
    std::uint8_t* out = pixels.data();
    for (const std::uint8_t place : places) {
        for (const std::uint16_t* channel : palette) {
            *out++ = static_cast<std::uint8_t>(channel[place] >> 8U);
        }
    }
}

} // namespace

bool is_tiff(ImageBytes bytes) {
    if (bytes.size() < 4 || bytes[0] != bytes[1]) {
        return false;
    }
    const bool little = bytes[0] == 'I' && (bytes[2] == 42 || bytes[2] == 43) && bytes[3] == 0;
    const bool big = bytes[0] == 'M' && (bytes[3] == 42 || bytes[3] == 43) && bytes[2] == 0;
    return little || big;
}

PictureInfo read_tiff(ImageBytes bytes, bool first_page, Pixels* pixels) {
    TiffFile file(bytes, first_page);
    const Raster raster = raster_of(file);
    if (pixels == nullptr) {
        return raster.info;
    }
    pixels->resize(raster.info.bytes());
    if (raster.photometric == PHOTOMETRIC_PALETTE) {
        Raster stored = raster;
        stored.info.shape.channels = 1;
        std::vector<std::uint8_t> places(stored.info.bytes());
        read_blocks(file, stored, places.data());
        expand_palette(file, places, *pixels);
        return raster.info;
    }
    read_blocks(file, raster, pixels->data());
    if (raster.photometric == PHOTOMETRIC_MINISWHITE) {
        turn_white_to_black(raster.info.element, *pixels);
    }
    return raster.info;
}

} // namespace tacit::shards
