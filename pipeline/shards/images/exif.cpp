// SPDX-License-Identifier: Apache-2.0
#include "pipeline/shards/images/exif.hpp"

#include <algorithm>
#include <cstring>
#include <optional>
#include <string_view>
#include <utility>

namespace tacit::shards {
namespace {

using Bytes = std::span<const std::uint8_t>;

std::optional<std::uint32_t> number(Bytes bytes, std::size_t at, std::size_t size, bool little) {
    if (at > bytes.size() || size > bytes.size() - at) {
        return std::nullopt;
    }
    std::uint32_t value = 0;
    for (std::size_t i = 0; i < size; ++i) {
        value = value << 8U | bytes[at + (little ? size - 1 - i : i)];
    }
    return value;
}

/// The orientation in the first directory of a TIFF structure.
int orientation_in(Bytes tiff) {
    constexpr std::uint32_t kOrientation = 0x0112;
    constexpr std::size_t kEntry = 12;
    const bool little = tiff.size() > 1 && tiff[0] == 'I';
    const auto directory = number(tiff, 4, 4, little);
    const auto entries = directory ? number(tiff, *directory, 2, little) : std::nullopt;
    for (std::size_t i = 0; entries && i < *entries; ++i) {
        const std::size_t at = *directory + 2 + i * kEntry;
        if (const auto tag = number(tiff, at, 2, little); !tag || *tag == kOrientation) {
            const auto value = tag ? number(tiff, at + 8, 2, little) : std::nullopt;
            return value && *value >= 1 && *value <= 8 ? static_cast<int>(*value) : 1;
        }
    }
    return 1;
}

} // namespace

int exif_orientation(Bytes file) {
    constexpr std::string_view kExif("Exif\0\0", 6);
    if (file.size() < 4 || file[0] != 0xFF || file[1] != 0xD8) {
        return 1;
    }
    // Segments: FF, marker, length with itself. The scan (DA) ends them.
    for (std::size_t at = 2; at + 4 <= file.size() && file[at] == 0xFF && file[at + 1] != 0xDA;) {
        const std::size_t length = *number(file, at + 2, 2, false);
        const Bytes content =
            file.subspan(at + 4, std::min(file.size() - at - 4, std::max<std::size_t>(length, 2) - 2));
        if (file[at + 1] == 0xE1 && content.size() > kExif.size() &&
            std::memcmp(content.data(), kExif.data(), kExif.size()) == 0) {
            return orientation_in(content.subspan(kExif.size()));
        }
        at += 2 + std::max<std::size_t>(length, 2);
    }
    return 1;
}

augment::ImageShape turned_shape(augment::ImageShape shape, int orientation) {
    if (orientation >= 5) {
        std::swap(shape.height, shape.width);
    }
    return shape;
}

augment::ImageShape turn_upright(std::vector<std::uint8_t>& pixels, augment::ImageShape shape, std::size_t pixel_bytes,
                                 int orientation) {
    if (orientation == 1) {
        return shape;
    }
    const augment::ImageShape turned = turned_shape(shape, orientation);
    const std::vector<std::uint8_t> from = std::exchange(pixels, std::vector<std::uint8_t>(pixels.size()));
    const bool from_right = orientation == 2 || orientation == 3 || orientation == 7 || orientation == 8;
    const bool from_bottom = orientation == 3 || orientation == 4 || orientation == 6 || orientation == 7;
    for (int y = 0; y < turned.height; ++y) {
        for (int x = 0; x < turned.width; ++x) {
            const int along = orientation >= 5 ? y : x; // the stored column
            const int down = orientation >= 5 ? x : y;  // the stored row
            const int column = from_right ? shape.width - 1 - along : along;
            const int row = from_bottom ? shape.height - 1 - down : down;
            std::memcpy(pixels.data() + (static_cast<std::size_t>(y) * turned.width + x) * pixel_bytes,
                        from.data() + (static_cast<std::size_t>(row) * shape.width + column) * pixel_bytes,
                        pixel_bytes);
        }
    }
    return turned;
}

} // namespace tacit::shards
