// SPDX-License-Identifier: Apache-2.0
#include "augment/lab.hpp"

#include "augment/simd.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>

namespace tacit::augment {
namespace {

/// IEC 61966-2-1: light of every level of an sRGB channel, 1 being that of white.
std::array<float, 256> srgb_light() {
    std::array<float, 256> light{};
    for (std::size_t level = 0; level < light.size(); ++level) {
        const double value = static_cast<double>(level) / 255.0;
        light[level] = static_cast<float>(value > 0.04045 ? std::pow((value + 0.055) / 1.055, 2.4) : value / 12.92);
    }
    return light;
}

/// The cube root of a number in (0, 2), to 2^-22 of itself: 1 / root by halves of the exponent, then twice by the
/// series of (1 - error)^(-1/3), so that nothing is divided.
inline float cube_root(float x) {
    float inverse = std::bit_cast<float>(0x54A21D2A - std::bit_cast<std::int32_t>(x) / 3);
    for (int i = 0; i < 2; ++i) {
        const float error = 1.0F - x * inverse * inverse * inverse;
        inverse += inverse * error * (1.0F / 3 + error * (2.0F / 9 + error * (14.0F / 81)));
    }
    return x * inverse * inverse;
}

/// CIE 15: the cube root, and a line near 0.
inline float lightness(float x) {
    const float root = cube_root(std::max(x, 0.008F));
    return x > 0.008856F ? root : 7.787F * x + 16.0F / 116;
}

inline std::uint8_t rounded(float level) {
    return static_cast<std::uint8_t>(static_cast<int>(level + 0.5F));
}

TACIT_KERNEL void convert(RgbPlanes planes, const float* light) {
    constexpr std::size_t kBlock = 64;
    std::array<std::array<float, kBlock>, 3> rgb;
    for (std::size_t first = 0; first < planes.pixels; first += kBlock) {
        const std::size_t count = std::min(kBlock, planes.pixels - first);
        std::uint8_t* red = planes.red + first;
        std::uint8_t* green = planes.green + first;
        std::uint8_t* blue = planes.blue + first;
        for (std::size_t i = 0; i < count; ++i) {
            rgb[0][i] = light[red[i]];
            rgb[1][i] = light[green[i]];
            rgb[2][i] = light[blue[i]];
        }
        for (std::size_t i = 0; i < count; ++i) {
            const float r = rgb[0][i];
            const float g = rgb[1][i];
            const float b = rgb[2][i];
            const float x = lightness((0.412453F * r + 0.357580F * g + 0.180423F * b) * (1 / 0.95047F));
            const float y = lightness(0.212671F * r + 0.715160F * g + 0.072169F * b);
            const float z = lightness((0.019334F * r + 0.119193F * g + 0.950227F * b) * (1 / 1.08883F));
            red[i] = rounded((116 * y - 16) * 2.55F);
            green[i] = rounded(500 * (x - y) + 128);
            blue[i] = rounded(200 * (y - z) + 128);
        }
    }
}

} // namespace

void to_lab(RgbPlanes planes) {
    static const std::array<float, 256> kLight = srgb_light();
    simd<convert>(planes, kLight.data());
}

} // namespace tacit::augment
