// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace tacit::augment {

/// The most that an image may have.
inline constexpr int kMaxChannels = 32;

/// Height, width and channels of an image in pixels.
struct ImageShape {
    int height = 0;
    int width = 0;
    int channels = 0;
    std::size_t bytes() const {
        return static_cast<std::size_t>(height) * static_cast<std::size_t>(width) * static_cast<std::size_t>(channels);
    }
    bool operator==(const ImageShape&) const = default;
};

/// Read-only view of an interleaved (HWC) uint8 image; owns nothing; rows are dense.
struct ImageView {
    const std::uint8_t* data = nullptr;
    ImageShape shape;
};

/// Writable view of an interleaved (HWC) uint8 image; owns nothing; rows are dense.
struct MutableImageView {
    std::uint8_t* data = nullptr;
    ImageShape shape;
    operator ImageView() const { return {data, shape}; } // NOLINT(google-explicit-constructor)
};

} // namespace tacit::augment
