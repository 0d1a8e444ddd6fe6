// SPDX-License-Identifier: Apache-2.0
// The JPEG and PNG decoders on any bytes. Input: channels (even 1, odd 3), the image.
#include "fuzz_target.hpp"
#include "pipeline/base/error.hpp"
#include "pipeline/shards/images/codec.hpp"

#include <cstdlib>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    constexpr std::size_t kMostBytes = 1U << 20U; // larger pictures take longer and show nothing else
    if (size == 0) {
        return 0;
    }
    const int channels = data[0] % 2 == 0 ? 1 : 3;
    const std::span<const std::uint8_t> image(data + 1, size - 1);
    try {
        if (tacit::shards::encoded_shape(image).bytes() > kMostBytes) {
            return 0;
        }
        std::vector<std::uint8_t> pixels;
        const auto shape = tacit::shards::decode_image(image, channels, pixels);
        if (shape.channels != channels || pixels.size() < shape.bytes()) {
            std::abort();
        }
    } catch (const tacit::DataError&) { // as it should be
    }
    return 0;
}
