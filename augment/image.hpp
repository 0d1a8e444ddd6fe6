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
    /// Pixels times channels.
    std::size_t values() const {
        return static_cast<std::size_t>(height) * static_cast<std::size_t>(width) * static_cast<std::size_t>(channels);
    }
    /// The same of an image of uint8.
    std::size_t bytes() const { return values(); }
    bool operator==(const ImageShape&) const = default;
};

/// Read-only view of an interleaved (HWC) image; owns nothing; rows are dense.
template <class T> struct BasicImageView {
    const T* data = nullptr;
    ImageShape shape;
};

/// Writable view of an interleaved (HWC) image; owns nothing; rows are dense.
template <class T> struct BasicMutableImageView {
    T* data = nullptr;
    ImageShape shape;
    operator BasicImageView<T>() const { return {data, shape}; } // NOLINT(google-explicit-constructor)
};

/// Images of 8 bits: levels from 0, black, to 255, white.
using ImageView = BasicImageView<std::uint8_t>;
using MutableImageView = BasicMutableImageView<std::uint8_t>;

/// Images of more bits: the range that their values may have, mapped to 0, black, to 1, white.
using FloatImageView = BasicImageView<float>;
using MutableFloatImageView = BasicMutableImageView<float>;

template <class T> inline constexpr T kWhite = 1;
template <> inline constexpr std::uint8_t kWhite<std::uint8_t> = 255;

/// A level of 255 as a value of an image.
template <class T> T from_level(std::uint8_t level) {
    return kWhite<T> == 1 ? static_cast<T>(static_cast<float>(level) / 255.0F) : static_cast<T>(level);
}

/// An image as one of bytes, sizeof(T) of them to a channel: for what moves pixels and does not look at them.
template <class T> ImageView as_bytes(BasicImageView<T> image) {
    const auto [height, width, channels] = image.shape;
    return {reinterpret_cast<const std::uint8_t*>(image.data), {height, width, channels * static_cast<int>(sizeof(T))}};
}
template <class T> MutableImageView as_bytes(BasicMutableImageView<T> image) {
    return {reinterpret_cast<std::uint8_t*>(image.data), as_bytes(BasicImageView<T>(image)).shape};
}

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
template <class T> struct BasicImageWindow {
    BasicImageWindow() = default;
    BasicImageWindow(BasicImageView<T> image) // NOLINT(google-explicit-constructor)
        : pixels(image), whole(image.shape) {}
    BasicImageWindow(BasicImageView<T> window, ImageShape image, int window_top, int window_left)
        : pixels(window), whole(image), top(window_top), left(window_left) {}

    Box box() const { return {top, left, pixels.shape.height, pixels.shape.width}; }
    bool is_whole() const { return pixels.shape == whole; }

    BasicImageView<T> pixels;
    ImageShape whole; ///< of the image
    int top = 0;      ///< where in the image the pixels begin
    int left = 0;
};
using ImageWindow = BasicImageWindow<std::uint8_t>;
using FloatImageWindow = BasicImageWindow<float>;

} // namespace tacit::augment
