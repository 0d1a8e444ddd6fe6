// SPDX-License-Identifier: Apache-2.0
#include "pipeline/shards/images/picture.hpp"

#include "pipeline/base/error.hpp"
#include "pipeline/base/png.hpp"
#include "pipeline/shards/format/format.hpp"

#include <fmt/format.h>

#include <cstring>
#include <vector>

namespace tacit::shards {

void refuse_huge(std::int64_t width, std::int64_t height, std::int64_t channels, Element element) {
    if (width < 1 || height < 1 || width > kMaxPixels / height) {
        throw DataError(fmt::format("claims {} x {} pixels; the limit is {} in all", height, width, kMaxPixels));
    }
    if (channels < 1 || channels > kMaxImageChannels) {
        throw DataError(fmt::format("has {} channels; Tacit takes 1 to {}", channels, kMaxImageChannels));
    }
    const std::int64_t pixel_bytes = channels * static_cast<std::int64_t>(element_bytes(element));
    if (width * height > kMaxImageBytes / pixel_bytes) {
        throw DataError(fmt::format("claims {} x {} pixels of {} bytes; the limit is {} bytes in all", height, width,
                                    pixel_bytes, kMaxImageBytes));
    }
}

std::string png_of(const std::uint8_t* pixels, const PictureInfo& picture) {
    const auto [height, width, channels] = picture.shape;
    if (picture.element == Element::u8) {
        return encode_png(pixels, height, width, channels);
    }
    std::vector<std::uint16_t> values(picture.shape.bytes());
    std::memcpy(values.data(), pixels, picture.bytes());
    return encode_png(values.data(), height, width, channels);
}

void refuse_other_element(Element element, Element others) {
    if (element != others) {
        throw DataError(fmt::format("holds {} values where the other images hold {}; convert one of them",
                                    element_name(element), element_name(others)));
    }
}

void refuse_colour(bool gray, bool others_gray) {
    if (!gray && others_gray) {
        throw DataError("has colour where the other images are gray; convert one of them");
    }
}

} // namespace tacit::shards
