// SPDX-License-Identifier: Apache-2.0
#include "pipeline/base/png.hpp"

#include <gtest/gtest.h>
#include <png.h>
#include <stdexcept>
#include <vector>

namespace tacit {
namespace {

std::vector<std::uint8_t> decoded(const std::string& file, std::uint32_t format) {
    png_image image{};
    image.version = PNG_IMAGE_VERSION;
    EXPECT_NE(png_image_begin_read_from_memory(&image, file.data(), file.size()), 0) << image.message;
    EXPECT_EQ(image.format, format);
    std::vector<std::uint8_t> pixels(PNG_IMAGE_SIZE(image));
    EXPECT_NE(png_image_finish_read(&image, nullptr, pixels.data(), 0, nullptr), 0) << image.message;
    return pixels;
}

std::vector<std::uint8_t> ramp(std::size_t bytes) {
    std::vector<std::uint8_t> pixels(bytes);
    for (std::size_t i = 0; i < bytes; ++i) {
        pixels[i] = static_cast<std::uint8_t>(i * 37);
    }
    return pixels;
}

TEST(Png, KeepsColourPixels) {
    const auto pixels = ramp(5 * 7 * 3);
    EXPECT_EQ(decoded(encode_png(pixels.data(), 5, 7, 3), PNG_FORMAT_RGB), pixels);
}

TEST(Png, KeepsGreyPixels) {
    const auto pixels = ramp(5 * 7);
    EXPECT_EQ(decoded(encode_png(pixels.data(), 5, 7, 1), PNG_FORMAT_GRAY), pixels);
}

/// Of a file with 16 bits a value, which the simplified reader would convert by gamma.
std::vector<std::uint16_t> decoded_wide(const std::string& file, int height, std::size_t row_values) {
    png_structp png = png_create_read_struct(PNG_LIBPNG_VER_STRING, nullptr, nullptr, nullptr);
    png_infop info = png_create_info_struct(png);
    std::pair<const std::string*, std::size_t> feed{&file, 0};
    png_set_read_fn(png, &feed, [](png_structp from, png_bytep to, std::size_t bytes) {
        auto* state = static_cast<std::pair<const std::string*, std::size_t>*>(png_get_io_ptr(from));
        state->first->copy(reinterpret_cast<char*>(to), bytes, state->second);
        state->second += bytes;
    });
    png_read_info(png, info);
    EXPECT_EQ(png_get_bit_depth(png, info), 16);
    png_set_swap(png);
    std::vector<std::uint16_t> pixels(static_cast<std::size_t>(height) * row_values);
    for (int y = 0; y < height; ++y) {
        png_read_row(png, reinterpret_cast<png_bytep>(&pixels[static_cast<std::size_t>(y) * row_values]), nullptr);
    }
    png_destroy_read_struct(&png, &info, nullptr);
    return pixels;
}

TEST(Png, KeepsSixteenBits) {
    for (const int channels : {1, 3}) {
        std::vector<std::uint16_t> pixels(static_cast<std::size_t>(5 * 7 * channels));
        for (std::size_t i = 0; i < pixels.size(); ++i) {
            pixels[i] = static_cast<std::uint16_t>(i * 2749);
        }
        const std::string file = encode_png(pixels.data(), 5, 7, channels);
        EXPECT_EQ(decoded_wide(file, 5, static_cast<std::size_t>(7 * channels)), pixels);
    }
}

TEST(Png, RefusesOtherShapes) {
    const auto pixels = ramp(16);
    EXPECT_THROW(encode_png(pixels.data(), 2, 2, 4), std::logic_error);
    EXPECT_THROW(encode_png(pixels.data(), 0, 2, 3), std::logic_error);
}

} // namespace
} // namespace tacit
