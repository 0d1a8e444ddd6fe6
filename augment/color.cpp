// SPDX-License-Identifier: Apache-2.0
#include "augment/color.hpp"

#include "augment/simd.hpp"

#include <algorithm>
#include <numeric>

namespace tacit::augment {
namespace {

constexpr float kRedWeight = 0.2989F;
constexpr float kGreenWeight = 0.587F;
constexpr float kBlueWeight = 0.114F;

// PyTorch's add with alpha is one fused multiply-add.
inline float fused(float a, float b, float c) {
    return __builtin_fmaf(a, b, c);
}

inline int gray_level(float red, float green, float blue) {
    return static_cast<int>(fused(blue, kBlueWeight, fused(green, kGreenWeight, red * kRedWeight)));
}

inline std::uint8_t to_level(float value) {
    const float low = value < 0.0F ? 0.0F : value;
    return static_cast<std::uint8_t>(static_cast<int>(low > 255.0F ? 255.0F : low));
}

inline float unit(float value) {
    const float low = value < 0.0F ? 0.0F : value;
    return low > 1.0F ? 1.0F : low;
}

TACIT_KERNEL long sum_gray(const std::uint8_t* red, const std::uint8_t* green, const std::uint8_t* blue,
                           std::size_t pixels) {
    long sum = 0;
    for (std::size_t i = 0; i < pixels; ++i) {
        sum += gray_level(red[i], green[i], blue[i]);
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

/// Hue, saturation and value, each in [0, 1] (hue may reach 1 by rounding).
struct Hsv {
    float hue;
    float saturation;
    float value;
};

struct Rgb {
    float red;
    float green;
    float blue;
};

// The conversions below have no branches, and both sides of every selection are computed: the loop
// around them becomes vector code. Their order of operations is torchvision's.

inline Hsv hsv_from(float r, float g, float b) {
    constexpr float kSixth = static_cast<float>(1.0 / 6.0);
    const float value = std::max(std::max(r, g), b);
    const float range = value - std::min(std::min(r, g), b);
    const bool gray = range == 0.0F;
    const float divisor = gray ? 1.0F : range;
    const float from_red = (value - r) / divisor;
    const float from_green = (value - g) / divisor;
    const float from_blue = (value - b) / divisor;
    const float near_red = from_blue - from_green;
    const float near_green = (from_red + 2.0F) - from_blue;
    const float near_blue = (from_green + 4.0F) - from_red;
    const float not_red = value == g ? near_green : near_blue;
    const float sector = value == r ? near_red : not_red;
    const float hue = sector * kSixth + 1.0F;
    return {hue >= 1.0F ? hue - 1.0F : hue, range / (gray ? 1.0F : value), value};
}

inline Rgb rgb_from(Hsv colour) {
    const float value = colour.value;
    const float sixths = colour.hue * 6.0F;
    const int whole = static_cast<int>(sixths);
    const float part = colour.saturation * (sixths - static_cast<float>(whole));
    const int sector = whole == 6 ? 0 : whole;
    const float rest = 1.0F - colour.saturation;
    const float p = unit(rest * value);
    const float q = unit((1.0F - part) * value);
    const float t = unit((part + rest) * value);
    Rgb out{p, p, p};
    out.red = sector == 1 ? q : out.red;
    out.red = sector == 4 ? t : out.red;
    out.red = sector == 0 ? value : out.red;
    out.red = sector == 5 ? value : out.red;
    out.green = sector == 3 ? q : out.green;
    out.green = sector == 0 ? t : out.green;
    out.green = sector == 1 ? value : out.green;
    out.green = sector == 2 ? value : out.green;
    out.blue = sector == 5 ? q : out.blue;
    out.blue = sector == 2 ? t : out.blue;
    out.blue = sector == 3 ? value : out.blue;
    out.blue = sector == 4 ? value : out.blue;
    return out;
}

inline float turned(float hue, float shift) {
    const float sum = hue + shift;
    const float wrapped = sum >= 1.0F ? sum - 1.0F : sum;
    return wrapped < 0.0F ? wrapped + 1.0F : wrapped;
}

TACIT_KERNEL void turn_hue(std::uint8_t* __restrict red, std::uint8_t* __restrict green, std::uint8_t* __restrict blue,
                           std::size_t pixels, float shift) {
    constexpr float kUnit = static_cast<float>(1.0 / 255.0);
    constexpr float kLevels = static_cast<float>(255.0 + 1.0 - 1e-3);
    for (std::size_t i = 0; i < pixels; ++i) {
        Hsv colour = hsv_from(static_cast<float>(red[i]) * kUnit, static_cast<float>(green[i]) * kUnit,
                              static_cast<float>(blue[i]) * kUnit);
        colour.hue = turned(colour.hue, shift);
        const Rgb out = rgb_from(colour);
        red[i] = static_cast<std::uint8_t>(static_cast<int>(out.red * kLevels));
        green[i] = static_cast<std::uint8_t>(static_cast<int>(out.green * kLevels));
        blue[i] = static_cast<std::uint8_t>(static_cast<int>(out.blue * kLevels));
    }
}

TACIT_KERNEL void scale_values(std::uint8_t* values, std::size_t count, float factor) {
    for (std::size_t i = 0; i < count; ++i) {
        values[i] = to_level(static_cast<float>(values[i]) * factor);
    }
}

TACIT_KERNEL void blend_values(std::uint8_t* values, std::size_t count, float own, float mean, float others) {
    for (std::size_t i = 0; i < count; ++i) {
        values[i] = to_level(fused(mean, others, static_cast<float>(values[i]) * own));
    }
}

TACIT_KERNEL void gray_planes(std::uint8_t* __restrict red, std::uint8_t* __restrict green,
                              std::uint8_t* __restrict blue, std::size_t pixels) {
    for (std::size_t i = 0; i < pixels; ++i) {
        const auto gray = static_cast<std::uint8_t>(gray_level(red[i], green[i], blue[i]));
        red[i] = gray;
        green[i] = gray;
        blue[i] = gray;
    }
}

} // namespace

void split_planes(ImageView image, PlanarRgb planes) {
    std::uint8_t* red = planes.red();
    std::uint8_t* green = planes.green();
    std::uint8_t* blue = planes.blue();
    for (std::size_t i = 0; i < planes.pixels; ++i) {
        red[i] = image.data[3 * i];
        green[i] = image.data[3 * i + 1];
        blue[i] = image.data[3 * i + 2];
    }
}

void merge_planes(PlanarRgb planes, MutableImageView image) {
    const std::uint8_t* red = planes.red();
    const std::uint8_t* green = planes.green();
    const std::uint8_t* blue = planes.blue();
    for (std::size_t i = 0; i < planes.pixels; ++i) {
        image.data[3 * i] = red[i];
        image.data[3 * i + 1] = green[i];
        image.data[3 * i + 2] = blue[i];
    }
}

void adjust_brightness(std::span<std::uint8_t> values, double factor) {
    simd<scale_values>(values.data(), values.size(), static_cast<float>(factor));
}

void adjust_contrast(std::span<std::uint8_t> values, float mean, double factor) {
    simd<blend_values>(values.data(), values.size(), static_cast<float>(factor), mean,
                       static_cast<float>(1.0 - factor));
}

float mean_value(std::span<const std::uint8_t> values) {
    const long sum = std::accumulate(values.begin(), values.end(), 0L);
    return static_cast<float>(sum) / static_cast<float>(values.size());
}

float mean_gray(PlanarRgb image) {
    const long sum = simd<sum_gray>(image.red(), image.green(), image.blue(), image.pixels);
    return static_cast<float>(sum) / static_cast<float>(image.pixels);
}

void adjust_saturation(PlanarRgb image, double factor) {
    simd<saturate>(image.red(), image.green(), image.blue(), image.pixels, static_cast<float>(factor),
                   static_cast<float>(1.0 - factor));
}

void adjust_hue(PlanarRgb image, double shift) {
    simd<turn_hue>(image.red(), image.green(), image.blue(), image.pixels, static_cast<float>(shift));
}

void to_grayscale(PlanarRgb image) {
    simd<gray_planes>(image.red(), image.green(), image.blue(), image.pixels);
}

void solarize(std::span<std::uint8_t> values, int threshold) {
    for (std::uint8_t& value : values) {
        value = value >= threshold ? static_cast<std::uint8_t>(255 - value) : value;
    }
}

} // namespace tacit::augment
