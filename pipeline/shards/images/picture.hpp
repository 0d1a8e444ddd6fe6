// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "augment/image.hpp"
#include "pipeline/shards/read/element.hpp"

#include <cstddef>
#include <cstdint>
#include <string>

namespace tacit::shards {

/// What an image file decodes to: HWC pixels of one type, in this machine's byte order, rows dense.
struct PictureInfo {
    augment::ImageShape shape;
    Element element = Element::u8;
    std::size_t bytes() const { return shape.bytes() * element_bytes(element); }
};

/// Throws DataError with the reason alone for a size that is not in [1, kMaxPixels] pixels, has not 1 to
/// kMaxImageChannels channels or takes more than kMaxImageBytes. Called before memory is taken.
void refuse_huge(std::int64_t width, std::int64_t height, std::int64_t channels = 1, Element element = Element::u8);

/// A PNG of 1 or 3 channels of u8 or u16; `pixels` need not be aligned.
std::string png_of(const std::uint8_t* pixels, const PictureInfo& picture);

/// Throws DataError with the reason alone if an image has other values than those beside it.
void refuse_other_element(Element element, Element others);

/// Throws DataError with the reason alone for an image with colour among gray ones: gray is repeated to RGB, the other
/// way colour would be lost.
void refuse_colour(bool gray, bool others_gray);

} // namespace tacit::shards
