// SPDX-License-Identifier: Apache-2.0
// The JPEG and PNG decoders on any bytes. Input: channels (even 1, odd 3) and the place of a window, the image. A
// window of a picture that can be decoded must hold the picture's pixels, and a JPEG those that libjpeg-turbo alone
// gives.
#include "fuzz_target.hpp"
#include "pipeline/base/error.hpp"
#include "pipeline/shards/images/codec.hpp"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <span>
#include <turbojpeg.h>
#include <vector>

namespace {

using namespace tacit; // NOLINT(google-build-using-namespace)
using Bytes = std::vector<std::uint8_t>;

/// Different for every first byte and length of the input.
augment::Box window_of(augment::ImageShape shape, std::uint64_t seed) {
    const auto below = [&seed](int bound) {
        seed = seed * 6364136223846793005U + 1442695040888963407U;
        return static_cast<int>((seed >> 33U) % static_cast<std::uint64_t>(bound));
    };
    const int height = 1 + below(shape.height);
    const int width = 1 + below(shape.width);
    return {below(shape.height - height + 1), below(shape.width - width + 1), height, width};
}

/// Whether the image can be decoded as a whole.
bool decode_all(std::span<const std::uint8_t> file, int channels, Bytes& pixels) {
    try {
        const augment::ImageShape shape = shards::decode_image(file, channels, pixels);
        if (shape.channels != channels || pixels.size() < shape.bytes()) {
            std::abort();
        }
        return true;
    } catch (const DataError&) { // as it should be
        return false;
    }
}

void decode_window(std::span<const std::uint8_t> file, int channels, std::uint64_t seed, const Bytes* whole) {
    shards::EncodedImage image(file, channels);
    const augment::ImageShape shape = image.shape();
    const augment::Box wanted = window_of(shape, seed);
    const augment::Box box = image.start(wanted);
    if (!box.holds(wanted) || !augment::whole_box(shape).holds(box)) {
        std::abort();
    }
    Bytes pixels(augment::ImageShape{box.height, box.width, channels}.bytes());
    image.decode(pixels.data());
    for (int y = wanted.top; whole != nullptr && y < wanted.top + wanted.height; ++y) {
        const auto ours =
            pixels.begin() + (std::ptrdiff_t{y - box.top} * box.width + wanted.left - box.left) * channels;
        const auto theirs = whole->begin() + (std::ptrdiff_t{y} * shape.width + wanted.left) * channels;
        if (!std::equal(ours, ours + std::ptrdiff_t{wanted.width} * channels, theirs)) {
            std::abort();
        }
    }
}

/// libjpeg-turbo alone, whose coefficients JpegHuffman decodes in its place. Nothing if it finds fault with the file,
/// or the file may have what libjpeg-turbo reads wrongly (JpegHuffman).
Bytes by_turbojpeg(std::span<const std::uint8_t> file, augment::ImageShape shape) {
    constexpr std::array<std::uint8_t, 2> kTwice{0xFF, 0xFF};
    if (std::search(file.begin(), file.end(), kTwice.begin(), kTwice.end()) != file.end()) {
        return {};
    }
    Bytes pixels(shape.bytes());
    const tjhandle handle = tjInitDecompress();
    const int format = shape.channels == 1 ? TJPF_GRAY : TJPF_RGB;
    const int flags = TJFLAG_ACCURATEDCT | TJFLAG_STOPONWARNING | TJFLAG_LIMITSCANS;
    const int status =
        tjDecompress2(handle, file.data(), file.size(), pixels.data(), shape.width, 0, shape.height, format, flags);
    tjDestroy(handle);
    return status == 0 ? pixels : Bytes{};
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    constexpr std::size_t kMostBytes = 1U << 20U; // larger pictures take longer and show nothing else
    if (size == 0) {
        return 0;
    }
    const int channels = data[0] % 2 == 0 ? 1 : 3;
    const std::span<const std::uint8_t> file(data + 1, size - 1);
    Bytes pixels;
    bool whole = false;
    try {
        if (shards::encoded_shape(file).bytes() > kMostBytes) {
            return 0;
        }
        whole = decode_all(file, channels, pixels);
        const augment::ImageShape shape = shards::EncodedImage(file, channels).shape();
        const Bytes wanted = by_turbojpeg(file, shape);
        if (!wanted.empty() && (!whole || pixels != wanted)) {
            std::abort();
        }
        decode_window(file, channels, size * 256 + data[0], whole ? &pixels : nullptr);
    } catch (const DataError&) { // as it should be, unless there is nothing wrong with the image
        if (whole) {
            std::abort();
        }
    }
    return 0;
}
