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

/// A rectangle of an image in pixels; it must lie inside the image.
struct Box {
    int top = 0;
    int left = 0;
    int height = 0;
    int width = 0;
    bool operator==(const Box&) const = default;
    bool holds(const Box& other) const {
        return other.top >= top && other.left >= left && other.top + other.height <= top + height &&
               other.left + other.width <= left + width;
    }
};

inline Box whole_box(ImageShape shape) {
    return {0, 0, shape.height, shape.width};
}

/// What is at hand of an image: all of it, or a window of it.
struct ImageWindow {
    ImageWindow() = default;
    ImageWindow(ImageView image) : pixels(image), whole(image.shape) {} // NOLINT(google-explicit-constructor)
    ImageWindow(ImageView window, ImageShape image, int window_top, int window_left)
        : pixels(window), whole(image), top(window_top), left(window_left) {}

    Box box() const { return {top, left, pixels.shape.height, pixels.shape.width}; }
    bool is_whole() const { return pixels.shape == whole; }

    ImageView pixels;
    ImageShape whole; ///< of the image
    int top = 0;      ///< where in the image the pixels begin
    int left = 0;
};

} // namespace tacit::augment
