// SPDX-License-Identifier: Apache-2.0
#include "augment/blur.hpp"

#include "augment/geometry.hpp"
#include "augment/simd.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>

namespace tacit::augment {
namespace {

/// Taps whose joint weight is below this change no level by more than 1/400.
constexpr double kNegligibleMass = 1e-5;

/// Writes the weights of the taps 0..radius (symmetric) and returns the radius kept: outer taps of
/// negligible mass are dropped after normalisation.
int kernel_weights(int kernel, double sigma, float* weights) {
    const int radius = kernel / 2;
    double total = 0.0;
    for (int i = -radius; i <= radius; ++i) {
        total += std::exp(-0.5 * (i / sigma) * (i / sigma));
    }
    for (int i = 0; i <= radius; ++i) {
        weights[i] = static_cast<float>(std::exp(-0.5 * (i / sigma) * (i / sigma)) / total);
    }
    int kept = radius;
    for (double dropped = 0.0; kept > 0; --kept) {
        dropped += 2.0 * static_cast<double>(weights[kept]);
        if (dropped > kNegligibleMass) {
            break;
        }
    }
    return kept;
}

/// out[i] = sum over t of weights[|t|] * centre[i + t * step].
TACIT_KERNEL void convolve(const float* centre, std::ptrdiff_t step, const float* weights, int radius,
                           float* __restrict out, std::ptrdiff_t count) {
    for (std::ptrdiff_t i = 0; i < count; ++i) {
        out[i] = weights[0] * centre[i];
    }
    for (int t = 1; t <= radius; ++t) {
        const float weight = weights[t];
        const float* before = centre - t * step;
        const float* after = centre + t * step;
        for (std::ptrdiff_t i = 0; i < count; ++i) {
            out[i] += weight * (before[i] + after[i]);
        }
    }
}

TACIT_KERNEL void add_rows(const float* before, const float* after, float weight, float* __restrict sums,
                           std::ptrdiff_t count) {
    for (std::ptrdiff_t i = 0; i < count; ++i) {
        sums[i] += weight * (before[i] + after[i]);
    }
}

TACIT_KERNEL void round_row(const float* sums, std::uint8_t* __restrict out, std::ptrdiff_t count) {
    for (std::ptrdiff_t i = 0; i < count; ++i) {
        const float rounding_up = sums[i] + 0.5F;
        out[i] = static_cast<std::uint8_t>(static_cast<int>(rounding_up));
    }
}

/// One row as floats with `radius` reflected pixels on both sides.
void padded_line(const std::uint8_t* row, ImageShape shape, int radius, float* line) {
    const auto channels = static_cast<std::ptrdiff_t>(shape.channels);
    for (int x = -radius; x < shape.width + radius; ++x) {
        const std::uint8_t* pixel = row + reflected(x, shape.width) * channels;
        for (std::ptrdiff_t c = 0; c < channels; ++c) {
            line[(x + radius) * channels + c] = static_cast<float>(pixel[c]);
        }
    }
}

} // namespace

void gaussian_blur(MutableImageView image, int kernel, double sigma, BlurScratch& scratch) {
    const ImageShape shape = image.shape;
    const std::ptrdiff_t channels = shape.channels;
    const std::ptrdiff_t row_values = shape.width * channels;
    float* weights = scratch.weights.get(static_cast<std::size_t>(kernel / 2) + 1);
    const int radius = kernel_weights(kernel, sigma, weights);
    if (radius == 0) {
        return;
    }
    // The extra row holds the sums of the vertical pass.
    float* rows = scratch.rows.get(shape.bytes() + static_cast<std::size_t>(row_values));
    float* line = scratch.line.get(static_cast<std::size_t>(row_values + 2 * channels * radius));
    for (int y = 0; y < shape.height; ++y) {
        padded_line(image.data + y * row_values, shape, radius, line);
        simd<convolve>(line + radius * channels, channels, weights, radius, rows + y * row_values, row_values);
    }
    float* sums = rows + shape.height * row_values;
    for (int y = 0; y < shape.height; ++y) {
        simd<convolve>(rows + y * row_values, 0, weights, 0, sums, row_values);
        for (int t = 1; t <= radius; ++t) {
            simd<add_rows>(rows + reflected(y - t, shape.height) * row_values,
                           rows + reflected(y + t, shape.height) * row_values, weights[t], sums, row_values);
        }
        simd<round_row>(sums, image.data + y * row_values, row_values);
    }
}

} // namespace tacit::augment
