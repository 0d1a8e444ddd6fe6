// SPDX-License-Identifier: Apache-2.0
#include "augment/geometry.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstring>
#include <utility>

namespace tacit::augment {
namespace {

/// Copies `count` pixels of `channels` bytes, `step` bytes apart in the source, to consecutive places.
template <int kChannels>
void gather_pixels(const std::uint8_t* from, std::ptrdiff_t step, int count, int channels, std::uint8_t* to) {
    const int size = kChannels > 0 ? kChannels : channels;
    for (int i = 0; i < count; ++i, from += step, to += size) {
        for (int c = 0; c < size; ++c) {
            to[c] = from[c];
        }
    }
}

void gather(const std::uint8_t* from, std::ptrdiff_t step, int count, int channels, std::uint8_t* to) {
    if (channels == 3) {
        gather_pixels<3>(from, step, count, channels, to);
    } else if (channels == 1) {
        gather_pixels<1>(from, step, count, channels, to);
    } else {
        gather_pixels<0>(from, step, count, channels, to);
    }
}

/// kChannels is the channel count known at compile time, or 0.
template <int kChannels> void flip_rows(MutableImageView image) {
    const std::ptrdiff_t channels = kChannels > 0 ? kChannels : image.shape.channels;
    const std::ptrdiff_t row_bytes = image.shape.width * channels;
    for (int y = 0; y < image.shape.height; ++y) {
        std::uint8_t* left = image.data + y * row_bytes;
        std::uint8_t* right = left + row_bytes - channels;
        for (; left < right; left += channels, right -= channels) {
            for (std::ptrdiff_t c = 0; c < channels; ++c) {
                std::swap(left[c], right[c]);
            }
        }
    }
}

void fill_outside(const std::uint8_t* row, ImageShape shape, int x, Border border, std::uint8_t* pixel) {
    const auto channels = static_cast<std::size_t>(shape.channels);
    if (border == Border::zero) {
        std::memset(pixel, 0, channels);
    } else {
        std::memcpy(pixel, row + reflected(x, shape.width) * static_cast<std::ptrdiff_t>(shape.channels), channels);
    }
}

void copy_row(const std::uint8_t* row, ImageShape shape, int left, Border border, std::uint8_t* out, int width) {
    const std::ptrdiff_t channels = shape.channels;
    const int begin = std::clamp(-left, 0, width);
    const int end = std::clamp(shape.width - left, begin, width);
    for (int x = 0; x < begin; ++x) {
        fill_outside(row, shape, left + x, border, out + x * channels);
    }
    if (end > begin) {
        std::memcpy(out + begin * channels, row + (left + begin) * channels,
                    static_cast<std::size_t>((end - begin) * channels));
    }
    for (int x = end; x < width; ++x) {
        fill_outside(row, shape, left + x, border, out + x * channels);
    }
}

} // namespace

int reflected(int index, int length) {
    if (index >= 0 && index < length) {
        return index;
    }
    if (length == 1) {
        return 0;
    }
    const int period = 2 * (length - 1);
    const int phase = ((index % period) + period) % period;
    return phase < length ? phase : period - phase;
}

void flip_horizontal(MutableImageView image) {
    switch (image.shape.channels) {
    case 1:
        flip_rows<1>(image);
        break;
    case 3:
        flip_rows<3>(image);
        break;
    default:
        flip_rows<0>(image);
    }
}

void rotate_quarters(ImageView source, int turns, MutableImageView out) {
    const int height = source.shape.height;
    const int width = source.shape.width;
    const std::ptrdiff_t channels = source.shape.channels;
    const std::ptrdiff_t stride = width * channels;
    const auto at = [&](int y, int x) { return source.data + y * stride + x * channels; };
    const std::ptrdiff_t out_stride = out.shape.width * channels;
    for (int y = 0; y < out.shape.height; ++y) {
        std::uint8_t* row = out.data + y * out_stride;
        switch (turns) {
        case 1:
            gather(at(0, width - 1 - y), stride, height, source.shape.channels, row);
            break;
        case 2:
            gather(at(height - 1 - y, width - 1), -channels, width, source.shape.channels, row);
            break;
        case 3:
            gather(at(height - 1, y), -stride, height, source.shape.channels, row);
            break;
        default:
            std::memcpy(row, at(y, 0), static_cast<std::size_t>(stride));
        }
    }
}

void copy_window(ImageView source, int top, int left, Border border, MutableImageView out) {
    const std::ptrdiff_t stride = source.shape.width * static_cast<std::ptrdiff_t>(source.shape.channels);
    const std::ptrdiff_t out_stride = out.shape.width * static_cast<std::ptrdiff_t>(out.shape.channels);
    for (int y = 0; y < out.shape.height; ++y) {
        std::uint8_t* line = out.data + y * out_stride;
        const int from = top + y;
        if (border == Border::zero && (from < 0 || from >= source.shape.height)) {
            std::memset(line, 0, static_cast<std::size_t>(out_stride));
        } else {
            copy_row(source.data + reflected(from, source.shape.height) * stride, source.shape, left, border, line,
                     out.shape.width);
        }
    }
}

int central_offset(int side, int window) {
    // torchvision pads the smaller half before and crops at Python's round(), whose halves go to the even neighbour.
    return side < window ? -((window - side) / 2) : static_cast<int>(std::nearbyint((side - window) / 2.0));
}

} // namespace tacit::augment
