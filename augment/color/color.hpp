// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "augment/color/color_step.hpp"

#include <array>
#include <cstddef>
#include <cstdint>

namespace tacit::augment {

// Colour arithmetic on a few pixels in planes, which mixes the channels of an RGB image. Unless it says otherwise it is
// that of torchvision.transforms.v2 on uint8 tensors: fp32, clamped to [0, 255] and truncated.

/// Pixels as planes of red, green and blue.
struct RgbPlanes {
    std::uint8_t* red = nullptr;
    std::uint8_t* green = nullptr;
    std::uint8_t* blue = nullptr;
    std::size_t pixels = 0;
};

/// Rec. 601 luma weights as torchvision rounds them; they sum to .9999.
inline constexpr std::array<float, 3> kLumaWeights{0.2989F, 0.587F, 0.114F};

/// Takes interleaved pixels apart, and puts them together again.
void split_rgb(const std::uint8_t* interleaved, RgbPlanes planes);
void merge_rgb(RgbPlanes planes, std::uint8_t* interleaved);

/// Sum of the gray levels floor(.2989 R + .587 G + .114 B); at most 2^16 pixels.
std::uint32_t sum_gray(RgbPlanes planes);

/// x -> factor * x + (1 - factor) * gray level; factor >= 0.
void adjust_saturation(RgbPlanes planes, double factor);

/// Turns the HSV hue by `shift` circles; shift in [-.5, .5]. In fixed point of 19 bits instead of fp32: from
/// torchvision it differs where a result is within 1/1000 of a whole level.
void adjust_hue(RgbPlanes planes, double shift);

/// Replaces every channel by the gray level.
void to_grayscale(RgbPlanes planes, GrayWeights weights = GrayWeights::luma);

/// An affine map of colours: row i of `matrix` and offset[i] give channel i.
struct ColorMap {
    std::array<std::array<float, 3>, 3> matrix{{{1, 0, 0}, {0, 1, 0}, {0, 0, 1}}};
    std::array<float, 3> offset{};
};

/// A ColorMap for integers, in steps of 2^-bits: as fine as the largest coefficient lets 16 bits be, up to 2^-14. A map
/// of coefficients beyond 2^15 is made less steep than it is.
struct FixedColorMap {
    explicit FixedColorMap(const ColorMap& map);
    std::array<std::array<std::int16_t, 3>, 3> matrix{};
    std::array<std::int32_t, 3> offset{};
    int bits = 14;
};

/// Sum of every channel of interleaved pixels, fewer than 2^32.
std::array<std::uint64_t, 3> sum_channels(const std::uint8_t* interleaved, std::size_t pixels);

/// Clamped and truncated map of every pixel.
void apply_map(RgbPlanes planes, const FixedColorMap& map);

/// The same from interleaved pixels to interleaved ones: the same memory, or memory apart.
void apply_map(const std::uint8_t* in, std::uint8_t* out, std::size_t pixels, const FixedColorMap& map);

} // namespace tacit::augment
