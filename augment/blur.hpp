// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "augment/image.hpp"
#include "augment/scratch.hpp"

namespace tacit::augment {

/// Memory of gaussian_blur between calls.
struct BlurScratch {
    Scratch<float> weights;
    Scratch<float> line;
    Scratch<float> rows;
};

/// Gaussian blur of `kernel` x `kernel` taps (odd) in place, borders reflected without repeating the
/// edge pixel, rounded to the nearest level: torchvision's gaussian_blur. Separable in fp32, so that a
/// pixel may differ from the two-dimensional sum by one level where that sum ends in .5.
void gaussian_blur(MutableImageView image, int kernel, double sigma, BlurScratch& scratch);

} // namespace tacit::augment
