// SPDX-License-Identifier: Apache-2.0
#include "augment/geometry/orientation.hpp"

#include "augment/geometry/orientation_kernels.hpp"
#include "augment/simd.hpp"

#include <cstring>
#include <utility>

namespace tacit::augment {
namespace {

/// Copies `count` pixels of `channels` bytes, `step` bytes apart in the source, to consecutive places. kChannels is
/// the channel count known at compile time, or 0.
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
    const auto pixels = channels == 3 ? gather_pixels<3> : channels == 1 ? gather_pixels<1> : gather_pixels<0>;
    pixels(from, step, count, channels, to);
}

void reverse_rows(const std::uint8_t* in, std::ptrdiff_t in_stride, ImageShape shape, std::uint8_t* out) {
    const auto [height, width, channels] = shape;
#if TACIT_SIMD_LEVELS
    if (simd_level() == SimdLevel::avx512 && channels <= 64 && width >= 64 / channels) {
        reverse_rows_avx512(in, in_stride, height, width, channels, out);
        return;
    }
#endif
    const std::ptrdiff_t row = static_cast<std::ptrdiff_t>(width) * channels;
    for (int y = 0; y < height; ++y) {
        gather(in + y * in_stride + row - channels, -channels, width, channels, out + y * row);
    }
}

void mirror_rows(ImageView source, Mirror mirror, MutableImageView out) {
    const int height = source.shape.height;
    const std::ptrdiff_t row = static_cast<std::ptrdiff_t>(source.shape.width) * source.shape.channels;
    const std::uint8_t* in = mirror.vertical ? source.data + (height - 1) * row : source.data;
    const std::ptrdiff_t in_stride = mirror.vertical ? -row : row;
    if (mirror.horizontal) {
        reverse_rows(in, in_stride, source.shape, out.data);
        return;
    }
    for (int y = 0; y < height; ++y) {
        std::memcpy(out.data + y * row, in + y * in_stride, static_cast<std::size_t>(row));
    }
}

int transpose_blocks([[maybe_unused]] const TransposeRgb& work) {
#if TACIT_SIMD_LEVELS
    switch (simd_level()) {
    case SimdLevel::avx512:
        return transpose_rgb_avx512(work);
    case SimdLevel::avx2:
        return transpose_rgb_avx2(work);
    case SimdLevel::scalar:
        break;
    }
#endif
    return 0;
}

void transpose(ImageView source, Mirror mirror, MutableImageView out) {
    const auto [height, width, channels] = source.shape;
    const std::ptrdiff_t row = static_cast<std::ptrdiff_t>(width) * channels;
    const std::ptrdiff_t column = static_cast<std::ptrdiff_t>(height) * channels;
    const TransposeRgb work{mirror.vertical ? source.data + (height - 1) * row : source.data,
                            mirror.vertical ? -row : row,
                            height,
                            width,
                            mirror.horizontal ? out.data + (width - 1) * column : out.data,
                            mirror.horizontal ? -column : column};
    const int done = channels == 3 ? transpose_blocks(work) : 0;
    for (int x = 0; x < width && done < height; ++x) {
        gather(work.in + done * work.in_stride + static_cast<std::ptrdiff_t>(x) * channels, work.in_stride,
               height - done, channels, work.out + x * work.out_stride + static_cast<std::ptrdiff_t>(done) * channels);
    }
}

} // namespace

Orientation Orientation::quarter_turns(int turns) {
    return {{turns == 1 || turns == 2, turns == 2 || turns == 3}, turns % 2 == 1};
}

Orientation Orientation::then(Orientation next) const {
    if (transposed) {
        std::swap(next.mirror.horizontal, next.mirror.vertical);
    }
    return {{mirror.horizontal != next.mirror.horizontal, mirror.vertical != next.mirror.vertical},
            transposed != next.transposed};
}

ImageShape Orientation::shape(ImageShape source) const {
    return transposed ? ImageShape{source.width, source.height, source.channels} : source;
}

void orient(ImageView source, Orientation orientation, MutableImageView out) {
    if (orientation.transposed) {
        transpose(source, orientation.mirror, out);
    } else if (orientation.upright()) {
        std::memcpy(out.data, source.data, source.shape.bytes());
    } else {
        mirror_rows(source, orientation.mirror, out);
    }
}

} // namespace tacit::augment
