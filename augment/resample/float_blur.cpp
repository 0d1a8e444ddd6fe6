// SPDX-License-Identifier: Apache-2.0
#include "augment/geometry/geometry.hpp"
#include "augment/resample/blur.hpp"
#include "augment/simd.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>

namespace tacit::augment {
namespace {

/// Weight t belongs to the two taps at distance t, weight 0 to the centre. Returns the radius kept: taps of less than
/// fp32 can tell from nothing are dropped.
int kernel_weights(int kernel, double sigma, float* weights) {
    constexpr double kNegligible = 1e-9;
    const auto density = [sigma](int distance) { return std::exp(-0.5 * (distance / sigma) * (distance / sigma)); };
    int radius = kernel / 2;
    while (radius > 0 && density(radius) < kNegligible) {
        --radius;
    }
    double total = 1.0;
    for (int t = 1; t <= radius; ++t) {
        total += 2.0 * density(t);
    }
    for (int t = 0; t <= radius; ++t) {
        weights[t] = static_cast<float>(density(t) / total);
    }
    return radius;
}

TACIT_KERNEL void weigh(const float* values, float weight, float* __restrict out, std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) {
        out[i] = values[i] * weight;
    }
}

TACIT_KERNEL void add_pair(const float* before, const float* after, float weight, float* __restrict sums,
                           std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) {
        sums[i] += (before[i] + after[i]) * weight;
    }
}

/// Blurs a row of `width` pixels. `line` has room for the row and `radius` pixels on either side.
void blur_row(const float* row, ImageShape shape, const float* weights, int radius, float* line, float* out) {
    const std::ptrdiff_t channels = shape.channels;
    const int width = shape.width;
    const auto values = static_cast<std::size_t>(width * channels);
    float* centre = line + radius * channels;
    std::copy_n(row, values, centre);
    for (int x = 1; x <= radius; ++x) {
        std::copy_n(row + reflected(-x, width) * channels, channels, centre - x * channels);
        std::copy_n(row + reflected(width - 1 + x, width) * channels, channels, centre + (width - 1 + x) * channels);
    }
    simd<weigh>(static_cast<const float*>(centre), weights[0], out, values);
    for (int t = 1; t <= radius; ++t) {
        simd<add_pair>(static_cast<const float*>(centre - t * channels),
                       static_cast<const float*>(centre + t * channels), weights[t], out, values);
    }
}

} // namespace

void gaussian_blur(MutableFloatImageView image, int kernel, double sigma, FloatBlurScratch& scratch) {
    float* weights = scratch.weights.get(static_cast<std::size_t>(kernel / 2) + 1);
    const int radius = kernel_weights(kernel, sigma, weights);
    const int height = image.shape.height;
    const int channels = image.shape.channels;
    const std::ptrdiff_t stride = static_cast<std::ptrdiff_t>(image.shape.width) * channels;
    const auto values = static_cast<std::size_t>(stride);
    float* line = scratch.line.get(values + static_cast<std::size_t>(2 * radius * channels));
    float* rows = scratch.rows.get(image.shape.values());
    for (int y = 0; y < height; ++y) {
        blur_row(image.data + y * stride, image.shape, weights, radius, line, rows + y * stride);
    }
    const auto row = [&](int y) { return static_cast<const float*>(rows + reflected(y, height) * stride); };
    for (int y = 0; y < height; ++y) {
        float* out = image.data + y * stride;
        simd<weigh>(row(y), weights[0], out, values);
        for (int t = 1; t <= radius; ++t) {
            simd<add_pair>(row(y - t), row(y + t), weights[t], out, values);
        }
    }
}

} // namespace tacit::augment
