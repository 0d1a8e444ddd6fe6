// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "pipeline/shards/images/picture.hpp"

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace tacit::shards {

enum class Format { jpeg, png, tiff, webp, bmp, pnm };

/// An image file's header.
struct FileInfo {
    Format format = Format::jpeg;
    PictureInfo picture;
};

/// Whether a file of this name is taken for an image: jpg, jpeg, jpe, jfif, png, tif, tiff, webp, bmp, pgm, ppm, pnm,
/// in any case.
bool has_image_extension(const std::string& name);

/// Looks at the content, not at a name. `first_page`: of a TIFF with several. Thread-safe. Throws DataError with the
/// reason alone.
FileInfo file_info(std::span<const std::uint8_t> bytes, bool first_page);

/// Decodes to `channels` channels of `element`: gray to RGB and back, u8 to u16. Returns the shape. Reuses the capacity
/// of `pixels`. Thread-safe. Throws DataError with the reason alone, also for a change of channels or type that would
/// have to be made up.
augment::ImageShape decode_file(std::span<const std::uint8_t> bytes, bool first_page, int channels, Element element,
                                std::vector<std::uint8_t>& pixels);

} // namespace tacit::shards
