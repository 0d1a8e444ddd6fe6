// SPDX-License-Identifier: Apache-2.0
#include "augment/color.hpp"

#include "augment/simd_clones.hpp"

#include <array>
#include <cmath>
#include <numeric>

namespace tacit::augment {
namespace {

constexpr float kRedWeight = 0.2989F;
constexpr float kGreenWeight = 0.587F;
constexpr float kBlueWeight = 0.114F;

using LevelTable = std::array<std::uint8_t, 256>;

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

void map_levels(std::span<std::uint8_t> values, const LevelTable& table) {
    for (std::uint8_t& value : values) {
        value = table[value];
    }
}

TACIT_SIMD_CLONES
long sum_gray(const std::uint8_t* red, const std::uint8_t* green, const std::uint8_t* blue, std::size_t pixels) {
    long sum = 0;
    for (std::size_t i = 0; i < pixels; ++i) {
        sum += gray_level(red[i], green[i], blue[i]);
    }
    return sum;
}

TACIT_SIMD_CLONES
void saturate(std::uint8_t* __restrict red, std::uint8_t* __restrict green, std::uint8_t* __restrict blue,
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

TACIT_SIMD_CLONES
void turn_hue(std::uint8_t* __restrict red, std::uint8_t* __restrict green, std::uint8_t* __restrict blue,
              std::size_t pixels, float shift) {
    constexpr float kUnit = static_cast<float>(1.0 / 255.0);
    constexpr float kLevels = static_cast<float>(255.0 + 1.0 - 1e-3);
    constexpr float kSixth = static_cast<float>(1.0 / 6.0);
    for (std::size_t i = 0; i < pixels; ++i) {
        const float r = static_cast<float>(red[i]) * kUnit;
        const float g = static_cast<float>(green[i]) * kUnit;
        const float b = static_cast<float>(blue[i]) * kUnit;
        const float high_rg = r > g ? r : g;
        const float value = high_rg > b ? high_rg : b;
        const float low_rg = r < g ? r : g;
        const float low = low_rg < b ? low_rg : b;
        const float range = value - low;
        const float saturation = range / (range == 0.0F ? 1.0F : value);
        const float divisor = range == 0.0F ? 1.0F : range;
        const float from_red = (value - r) / divisor;
        const float from_green = (value - g) / divisor;
        const float from_blue = (value - b) / divisor;
        const float near_green = (from_red + 2.0F) - from_blue;
        const float near_blue = (from_green + 4.0F) - from_red;
        const float sector = value == r ? from_blue - from_green : (value == g ? near_green : near_blue);
        float hue = sector * kSixth + 1.0F;
        hue = (hue >= 1.0F ? hue - 1.0F : hue) + shift;
        hue = hue >= 1.0F ? hue - 1.0F : hue;
        hue = hue < 0.0F ? hue + 1.0F : hue;
        const float sixths = hue * 6.0F;
        const int whole = static_cast<int>(sixths);
        const float part = saturation * (sixths - static_cast<float>(whole));
        const int index = whole == 6 ? 0 : whole;
        const float rest = 1.0F - saturation;
        const float p = unit(rest * value);
        const float q = unit((1.0F - part) * value);
        const float t = unit((part + rest) * value);
        const float out_red = index == 0 || index == 5 ? value : (index == 1 ? q : (index == 4 ? t : p));
        const float out_green = index == 1 || index == 2 ? value : (index == 0 ? t : (index == 3 ? q : p));
        const float out_blue = index == 3 || index == 4 ? value : (index == 2 ? t : (index == 5 ? q : p));
        red[i] = static_cast<std::uint8_t>(static_cast<int>(out_red * kLevels));
        green[i] = static_cast<std::uint8_t>(static_cast<int>(out_green * kLevels));
        blue[i] = static_cast<std::uint8_t>(static_cast<int>(out_blue * kLevels));
    }
}

TACIT_SIMD_CLONES
void gray_planes(std::uint8_t* __restrict red, std::uint8_t* __restrict green, std::uint8_t* __restrict blue,
                 std::size_t pixels) {
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
    LevelTable table{};
    for (std::size_t level = 0; level < table.size(); ++level) {
        table[level] = to_level(static_cast<float>(level) * static_cast<float>(factor));
    }
    map_levels(values, table);
}

void adjust_contrast(std::span<std::uint8_t> values, float mean, double factor) {
    LevelTable table{};
    const auto others = static_cast<float>(1.0 - factor);
    for (std::size_t level = 0; level < table.size(); ++level) {
        table[level] = to_level(fused(mean, others, static_cast<float>(level) * static_cast<float>(factor)));
    }
    map_levels(values, table);
}

float mean_value(std::span<const std::uint8_t> values) {
    const long sum = std::accumulate(values.begin(), values.end(), 0L);
    return static_cast<float>(sum) / static_cast<float>(values.size());
}

float mean_gray(PlanarRgb image) {
    const long sum = sum_gray(image.red(), image.green(), image.blue(), image.pixels);
    return static_cast<float>(sum) / static_cast<float>(image.pixels);
}

void adjust_saturation(PlanarRgb image, double factor) {
    saturate(image.red(), image.green(), image.blue(), image.pixels, static_cast<float>(factor),
             static_cast<float>(1.0 - factor));
}

void adjust_hue(PlanarRgb image, double shift) {
    turn_hue(image.red(), image.green(), image.blue(), image.pixels, static_cast<float>(shift));
}

void to_grayscale(PlanarRgb image) {
    gray_planes(image.red(), image.green(), image.blue(), image.pixels);
}

void solarize(std::span<std::uint8_t> values, int threshold) {
    for (std::uint8_t& value : values) {
        value = value >= threshold ? static_cast<std::uint8_t>(255 - value) : value;
    }
}

} // namespace tacit::augment
