// SPDX-License-Identifier: Apache-2.0
#include "augment/resample/resample.hpp"
#include "augment/simd.hpp"

#include <algorithm>
#include <cstddef>

namespace tacit::augment {
namespace {

TACIT_KERNEL void add_row(const float* row, float weight, float* __restrict sums, std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) {
        sums[i] += row[i] * weight;
    }
}

/// Pixels of kChannels values, or of `channels` if that is 0.
template <int kChannels>
TACIT_KERNEL void resize_row(const ResampleTaps* taps, const float* row, int channels, float* __restrict out) {
    const int size = kChannels > 0 ? kChannels : channels;
    const double* weights = taps->weights().data();
    for (int x = 0; x < taps->axis().out; ++x, weights += taps->most(), out += size) {
        std::fill_n(out, size, 0.0F);
        const float* pixel = row + static_cast<std::ptrdiff_t>(taps->first(x)) * size;
        for (int t = 0; t < taps->count(x); ++t, pixel += size) {
            const auto weight = static_cast<float>(weights[t]);
            for (int c = 0; c < size; ++c) {
                out[c] += pixel[c] * weight;
            }
        }
    }
}

void resize_row(const ResampleTaps& taps, const float* row, int channels, float* out) {
    if (channels == 3) {
        simd<resize_row<3>>(&taps, row, channels, out);
    } else if (channels == 1) {
        simd<resize_row<1>>(&taps, row, channels, out);
    } else {
        simd<resize_row<0>>(&taps, row, channels, out);
    }
}

} // namespace

void crop_resize(FloatImageView source, const Box& box, Interpolation interpolation, Mirror mirror,
                 MutableFloatImageView out, FloatResampleScratch& scratch) {
    const std::ptrdiff_t channels = source.shape.channels;
    scratch.across.build({box.width, out.shape.width, interpolation, mirror.horizontal});
    scratch.down.build({box.height, out.shape.height, interpolation, mirror.vertical});
    const ResampleTaps& down = scratch.down;
    const auto values = static_cast<std::size_t>(box.width * channels);
    float* row = scratch.row.get(values);
    for (int y = 0; y < out.shape.height; ++y) {
        const double* weights = down.weights().data() + static_cast<std::ptrdiff_t>(y) * down.most();
        std::fill_n(row, values, 0.0F);
        for (int t = 0; t < down.count(y); ++t) {
            const std::ptrdiff_t from = box.top + down.first(y) + t;
            simd<add_row>(source.data + (from * source.shape.width + box.left) * channels,
                          static_cast<float>(weights[t]), row, values);
        }
        resize_row(scratch.across, row, source.shape.channels,
                   out.data + static_cast<std::ptrdiff_t>(y) * out.shape.width * channels);
    }
}

} // namespace tacit::augment
