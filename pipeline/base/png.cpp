// SPDX-License-Identifier: Apache-2.0
#include "pipeline/base/png.hpp"

#include "pipeline/base/error.hpp"

#include <array>
#include <bit>
#include <csetjmp>
#include <cstring>
#include <png.h>
#include <stdexcept>

namespace tacit {
namespace {

void require_shape(int height, int width, int channels) {
    if (height < 1 || width < 1 || (channels != 1 && channels != 3)) {
        throw std::logic_error("encode_png needs height and width >= 1 and 1 or 3 channels");
    }
}

using Failure = std::array<char, 128>;

void note_failure(png_structp png, png_const_charp message) {
    std::strncpy(static_cast<Failure*>(png_get_error_ptr(png))->data(), message, Failure{}.size() - 1);
    png_longjmp(png, 1);
}

void append_bytes(png_structp png, png_bytep data, std::size_t bytes) {
    static_cast<std::string*>(png_get_io_ptr(png))->append(reinterpret_cast<const char*>(data), bytes); // NOLINT
}

/// libpng reports errors by longjmp: nothing here needs a destructor.
bool write_wide(png_structp png, png_infop info, const std::uint16_t* pixels, int height, int width, int channels) {
    if (setjmp(png_jmpbuf(png)) != 0) { // NOLINT(cert-err52-cpp)
        return false;
    }
    constexpr int kBits = 16;
    png_set_IHDR(png, info, static_cast<png_uint_32>(width), static_cast<png_uint_32>(height), kBits,
                 channels == 1 ? PNG_COLOR_TYPE_GRAY : PNG_COLOR_TYPE_RGB, PNG_INTERLACE_NONE,
                 PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
    png_write_info(png, info);
    if constexpr (std::endian::native == std::endian::little) {
        png_set_swap(png);
    }
    const std::size_t row = static_cast<std::size_t>(width) * static_cast<std::size_t>(channels);
    for (int y = 0; y < height; ++y) {
        png_write_row(png, reinterpret_cast<png_const_bytep>(pixels + static_cast<std::size_t>(y) * row)); // NOLINT
    }
    png_write_end(png, nullptr);
    return true;
}

} // namespace

std::string encode_png(const std::uint8_t* pixels, int height, int width, int channels) {
    require_shape(height, width, channels);
    png_image image{};
    image.version = PNG_IMAGE_VERSION;
    image.width = static_cast<png_uint_32>(width);
    image.height = static_cast<png_uint_32>(height);
    image.format = channels == 1 ? PNG_FORMAT_GRAY : PNG_FORMAT_RGB;
    png_alloc_size_t bytes = PNG_IMAGE_PNG_SIZE_MAX(image);
    std::string file(bytes, '\0');
    if (png_image_write_to_memory(&image, file.data(), &bytes, 0, pixels, 0, nullptr) == 0) {
        throw Error(std::string("libpng could not encode an image: ") + image.message);
    }
    file.resize(bytes);
    return file;
}

std::string encode_png(const std::uint16_t* pixels, int height, int width, int channels) {
    require_shape(height, width, channels);
    Failure failure{};
    png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, &failure, note_failure, nullptr);
    png_infop info = png == nullptr ? nullptr : png_create_info_struct(png);
    std::string file;
    bool written = false;
    if (info != nullptr) {
        png_set_write_fn(png, &file, append_bytes, nullptr);
        written = write_wide(png, info, pixels, height, width, channels);
    }
    png_destroy_write_struct(&png, &info);
    if (!written) {
        throw Error(std::string("libpng could not encode an image: ") + failure.data());
    }
    return file;
}

} // namespace tacit
