// SPDX-License-Identifier: Apache-2.0
#include "augment/color/color.hpp"

#include "augment/simd.hpp"

#include <algorithm>
#include <cmath>
#include <cstdlib>

namespace tacit::augment {
namespace {

// PyTorch's add with alpha is one fused multiply-add.
inline float fused(float a, float b, float c) {
    return __builtin_fmaf(a, b, c);
}

inline int gray_level(float red, float green, float blue) {
    return static_cast<int>(fused(blue, kLumaWeights[2], fused(green, kLumaWeights[1], red * kLumaWeights[0])));
}

inline int mean_level(int red, int green, int blue) {
    return (red + green + blue) / 3;
}

inline std::uint8_t to_level(float value) {
    return static_cast<std::uint8_t>(std::clamp(static_cast<int>(value), 0, 255));
}

TACIT_KERNEL void split(const std::uint8_t* __restrict interleaved, std::uint8_t* __restrict red,
                        std::uint8_t* __restrict green, std::uint8_t* __restrict blue, std::size_t pixels) {
    for (std::size_t i = 0; i < pixels; ++i) {
        red[i] = interleaved[3 * i];
        green[i] = interleaved[3 * i + 1];
        blue[i] = interleaved[3 * i + 2];
    }
}

TACIT_KERNEL void merge(const std::uint8_t* __restrict red, const std::uint8_t* __restrict green,
                        const std::uint8_t* __restrict blue, std::uint8_t* __restrict interleaved, std::size_t pixels) {
    for (std::size_t i = 0; i < pixels; ++i) {
        interleaved[3 * i] = red[i];
        interleaved[3 * i + 1] = green[i];
        interleaved[3 * i + 2] = blue[i];
    }
}

TACIT_KERNEL std::uint32_t sum_gray_levels(const std::uint8_t* red, const std::uint8_t* green, const std::uint8_t* blue,
                                           std::size_t pixels) {
    std::uint32_t sum = 0;
    for (std::size_t i = 0; i < pixels; ++i) {
        sum += static_cast<std::uint32_t>(gray_level(red[i], green[i], blue[i]));
    }
    return sum;
}

TACIT_KERNEL void saturate(std::uint8_t* __restrict red, std::uint8_t* __restrict green, std::uint8_t* __restrict blue,
                           std::size_t pixels, float own, float others) {
    for (std::size_t i = 0; i < pixels; ++i) {
        const float r = red[i];
        const float g = green[i];
        const float b = blue[i];
        const auto gray = static_cast<float>(gray_level(r, g, b));
        red[i] = to_level(fused(gray, others, r * own));
        green[i] = to_level(fused(gray, others, g * own));
        blue[i] = to_level(fused(gray, others, b * own));
    }
}

constexpr int kHueBits = 19;
/// Steps of a level. torchvision multiplies levels by 255.999 / 255 before it truncates them.
constexpr int kHueSteps = static_cast<int>(255.999 / 255.0 * (1 << kHueBits)) + 1;

/// A channel of the colour of angle hue / range sixths of a circle: `range` where the angle is within a sixth of
/// `centre` sixths, falling to 0 at two sixths.
inline int near_angle(int hue, int range, int centre) {
    return std::clamp(2 * range - std::abs(hue - centre * range), 0, range);
}

inline std::uint8_t from_steps(int steps) {
    return static_cast<std::uint8_t>(steps >> kHueBits);
}

/// `turn` is the shift in sixths of a circle, in [1, 7) times kHueSteps. Hue times the range of the pixel is a
/// whole number, so that nothing is divided: red is at 0 ranges, green at 2, blue at 4.
TACIT_KERNEL void turn_hue(std::uint8_t* __restrict red, std::uint8_t* __restrict green, std::uint8_t* __restrict blue,
                           std::size_t pixels, int turn) {
    for (std::size_t i = 0; i < pixels; ++i) {
        const int r = red[i];
        const int g = green[i];
        const int b = blue[i];
        const int most = std::max(std::max(r, g), b);
        const int least = std::min(std::min(r, g), b);
        const int spread = most - least;
        const int not_red = most == g ? 2 * spread + b - r : 4 * spread + r - g;
        const int hue = most == r ? g - b : not_red;
        const int turned = hue * kHueSteps + spread * turn; // in [0, 12 ranges)
        const int range = spread * kHueSteps;
        const int wrapped = turned >= 6 * range ? turned - 6 * range : turned;
        const int floor = least * kHueSteps;
        // Red is centred at 0 and at 6 ranges: the complement of what is centred at 3.
        red[i] = from_steps(floor + range - std::clamp(2 * range - std::abs(wrapped - 3 * range), 0, range));
        green[i] = from_steps(floor + near_angle(wrapped, range, 2));
        blue[i] = from_steps(floor + near_angle(wrapped, range, 4));
    }
}

template <auto kLevel>
TACIT_KERNEL void gray_planes(std::uint8_t* __restrict red, std::uint8_t* __restrict green,
                              std::uint8_t* __restrict blue, std::size_t pixels) {
    for (std::size_t i = 0; i < pixels; ++i) {
        const auto gray = static_cast<std::uint8_t>(kLevel(red[i], green[i], blue[i]));
        red[i] = gray;
        green[i] = gray;
        blue[i] = gray;
    }
}

} // namespace

void split_rgb(const std::uint8_t* interleaved, RgbPlanes planes) {
    simd<split>(interleaved, planes.red, planes.green, planes.blue, planes.pixels);
}

void merge_rgb(RgbPlanes planes, std::uint8_t* interleaved) {
    simd<merge>(planes.red, planes.green, planes.blue, interleaved, planes.pixels);
}

std::uint32_t sum_gray(RgbPlanes planes) {
    return simd<sum_gray_levels>(planes.red, planes.green, planes.blue, planes.pixels);
}

void adjust_saturation(RgbPlanes planes, double factor) {
    simd<saturate>(planes.red, planes.green, planes.blue, planes.pixels, static_cast<float>(factor),
                   static_cast<float>(1.0 - factor));
}

void adjust_hue(RgbPlanes planes, double shift) {
    const double sixths = 6.0 * (shift < 0.0 ? shift + 1.0 : shift);
    const double turn = sixths < 1.0 ? sixths + 6.0 : sixths;
    simd<turn_hue>(planes.red, planes.green, planes.blue, planes.pixels,
                   static_cast<int>(std::lround(turn * kHueSteps)));
}

void to_grayscale(RgbPlanes planes, GrayWeights weights) {
    if (weights == GrayWeights::mean) {
        simd<gray_planes<mean_level>>(planes.red, planes.green, planes.blue, planes.pixels);
    } else {
        simd<gray_planes<gray_level>>(planes.red, planes.green, planes.blue, planes.pixels);
    }
}

} // namespace tacit::augment
