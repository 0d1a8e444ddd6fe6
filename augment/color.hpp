// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "augment/image.hpp"

#include <cstddef>
#include <cstdint>
#include <span>

namespace tacit::augment {

// Colour arithmetic of torchvision.transforms.v2 on uint8 tensors: every adjustment computes in fp32,
// clamps to [0, 255] and truncates to uint8 before the next one.

/// An RGB image as three dense planes in one piece of memory: red, green, blue.
struct PlanarRgb {
    std::uint8_t* data = nullptr;
    std::size_t pixels = 0;
    std::uint8_t* red() const { return data; }
    std::uint8_t* green() const { return data + pixels; }
    std::uint8_t* blue() const { return data + 2 * pixels; }
    std::span<std::uint8_t> values() const { return {data, 3 * pixels}; }
};

/// Copies an interleaved image of three channels into planes of equal pixel count, and back.
void split_planes(ImageView image, PlanarRgb planes);
void merge_planes(PlanarRgb planes, MutableImageView image);

/// x -> factor * x; factor >= 0. Any layout, any channel count.
void adjust_brightness(std::span<std::uint8_t> values, double factor);

/// x -> factor * x + (1 - factor) * mean; factor >= 0. Any layout, any channel count.
void adjust_contrast(std::span<std::uint8_t> values, float mean, double factor);

/// Mean of the values: the contrast pivot of images that are not RGB.
float mean_value(std::span<const std::uint8_t> values);

/// Mean of the floored gray level: the contrast pivot of RGB images.
float mean_gray(PlanarRgb image);

/// x -> factor * x + (1 - factor) * gray, with gray = floor(.2989 R + .587 G + .114 B); factor >= 0.
void adjust_saturation(PlanarRgb image, double factor);

/// Turns the HSV hue by `shift` circles; shift in [-.5, .5].
void adjust_hue(PlanarRgb image, double shift);

/// Replaces every channel by floor(.2989 R + .587 G + .114 B).
void to_grayscale(PlanarRgb image);

/// x -> 255 - x where x >= threshold.
void solarize(std::span<std::uint8_t> values, int threshold);

} // namespace tacit::augment
