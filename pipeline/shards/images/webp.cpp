// SPDX-License-Identifier: Apache-2.0
#include "pipeline/base/error.hpp"
#include "pipeline/shards/images/decoders.hpp"

#include <webp/decode.h>

#include <cstring>

namespace tacit::shards {

bool is_webp(ImageBytes bytes) {
    return bytes.size() >= 12 && std::memcmp(bytes.data(), "RIFF", 4) == 0 &&
           std::memcmp(bytes.data() + 8, "WEBP", 4) == 0;
}

PictureInfo read_webp(ImageBytes bytes, Pixels* pixels) {
    WebPBitstreamFeatures features{};
    if (WebPGetFeatures(bytes.data(), bytes.size(), &features) != VP8_STATUS_OK) {
        throw DataError("is a damaged WebP (its header cannot be read)");
    }
    if (features.has_animation != 0) {
        throw DataError("is an animated WebP; save the frame you mean as an image of its own");
    }
    refuse_huge(features.width, features.height, 3);
    const PictureInfo info{{features.height, features.width, 3}, Element::u8};
    if (pixels == nullptr) {
        return info;
    }
    pixels->resize(info.bytes());
    if (WebPDecodeRGBInto(bytes.data(), bytes.size(), pixels->data(), pixels->size(), 3 * features.width) == nullptr) {
        throw DataError("is a damaged WebP (its pixels cannot be decoded)");
    }
    return info;
}

} // namespace tacit::shards
