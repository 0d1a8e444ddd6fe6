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
    for (std::size_t i = 0; i < bytes; ++i)
        pixels[i] = static_cast<std::uint8_t>(i * 37);
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

TEST(Png, RefusesOtherShapes) {
    const auto pixels = ramp(16);
    EXPECT_THROW(encode_png(pixels.data(), 2, 2, 4), std::logic_error);
    EXPECT_THROW(encode_png(pixels.data(), 0, 2, 3), std::logic_error);
}

} // namespace
} // namespace tacit
