// SPDX-License-Identifier: Apache-2.0
#include "augment/geometry/geometry.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstring>

namespace tacit::augment {
namespace {

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
