// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "augment/image.hpp"
#include "augment/scratch.hpp"

#include <array>
#include <cstdint>

namespace tacit::augment {

/// Memory of gaussian_blur between calls.
struct BlurScratch {
    /// A cache line of levels in steps of 1/256.
    struct alignas(64) Line {
        std::array<std::uint16_t, 32> values;
    };
    Scratch<std::uint16_t> weights;
    Scratch<const std::uint16_t*> taps;
    Scratch<Line> rows;
    Scratch<std::uint32_t> totals;
};

/// Gaussian blur of `kernel` x `kernel` taps (odd) in place, borders reflected without repeating the edge pixel,
/// rounded to the nearest level: torchvision's gaussian_blur. Separable, in 16-bit fixed point of 1/256 level: from the
/// fp32 sum a level differs where that sum ends within about 1/256 of .5.
void gaussian_blur(MutableImageView image, int kernel, double sigma, BlurScratch& scratch);

/// Memory of the gaussian_blur of floats between calls.
struct FloatBlurScratch {
    Scratch<float> weights;
    Scratch<float> line;
    Scratch<float> rows;
};

/// The same of floats, in fp32.
void gaussian_blur(MutableFloatImageView image, int kernel, double sigma, FloatBlurScratch& scratch);

} // namespace tacit::augment
