// SPDX-License-Identifier: Apache-2.0
#include "pipeline/base/png.hpp"

#include "pipeline/base/error.hpp"

#include <png.h>
#include <stdexcept>

namespace tacit {

std::string encode_png(const std::uint8_t* pixels, int height, int width, int channels) {
    if (height < 1 || width < 1 || (channels != 1 && channels != 3))
        throw std::logic_error("encode_png needs height and width >= 1 and 1 or 3 channels");
    png_image image{};
    image.version = PNG_IMAGE_VERSION;
    image.width = static_cast<png_uint_32>(width);
    image.height = static_cast<png_uint_32>(height);
    image.format = channels == 1 ? PNG_FORMAT_GRAY : PNG_FORMAT_RGB;
    png_alloc_size_t bytes = PNG_IMAGE_PNG_SIZE_MAX(image);
    std::string file(bytes, '\0');
    if (png_image_write_to_memory(&image, file.data(), &bytes, 0, pixels, 0, nullptr) == 0)
        throw Error(std::string("libpng could not encode an image: ") + image.message);
    file.resize(bytes);
    return file;
}

} // namespace tacit
