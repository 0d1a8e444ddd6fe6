// SPDX-License-Identifier: Apache-2.0
#include "augment/color/lab.hpp"

#include "augment/simd.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>

namespace tacit::augment {
namespace {

/// IEC 61966-2-1: the light of an sRGB value, white being 1.
double light_of(double value) {
    return value > 0.04045 ? std::pow((value + 0.055) / 1.055, 2.4) : value / 12.92;
}

std::array<float, 256> light_of_levels() {
    std::array<float, 256> light{};
    for (std::size_t level = 0; level < light.size(); ++level) {
        light[level] = static_cast<float>(light_of(static_cast<double>(level) / 255.0));
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

/// L, a and b as levels.
inline std::array<float, 3> lab_levels(float red, float green, float blue, float chroma) {
    const float x = lightness((0.412453F * red + 0.357580F * green + 0.180423F * blue) * (1 / 0.95047F));
    const float y = lightness(0.212671F * red + 0.715160F * green + 0.072169F * blue);
    const float z = lightness((0.019334F * red + 0.119193F * green + 0.950227F * blue) * (1 / 1.08883F));
    return {(116 * y - 16) * 2.55F, 500 * chroma * (x - y) + 128, 200 * chroma * (y - z) + 128};
}

inline std::uint8_t rounded(float level) {
    return static_cast<std::uint8_t>(
        static_cast<int>(level + 0.5F)); // NOLINT(bugprone-incorrect-roundings): not negative
}

TACIT_KERNEL void convert(RgbPlanes planes, const float* light, float chroma) {
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
            const std::array<float, 3> lab = lab_levels(rgb[0][i], rgb[1][i], rgb[2][i], chroma);
            red[i] = rounded(lab[0]);
            green[i] = rounded(lab[1]);
            blue[i] = rounded(lab[2]);
        }
    }
}

float chroma_of(Lab lab) {
    return lab.lightness_alone ? 0.0F : 1.0F;
}

} // namespace

void to_lab(RgbPlanes planes, Lab lab) {
    static const std::array<float, 256> kLight = light_of_levels();
    simd<convert>(planes, kLight.data(), chroma_of(lab));
}

void to_lab(MutableFloatImageView image, Lab lab) {
    const auto light = [](float value) { // 0 for what is no number
        return static_cast<float>(light_of(value > 0.0F ? std::min(value, 1.0F) : 0.0F));
    };
    for (std::size_t i = 0; i < image.shape.values(); i += 3) {
        float* pixel = image.data + i;
        const std::array<float, 3> levels =
            lab_levels(light(pixel[0]), light(pixel[1]), light(pixel[2]), chroma_of(lab));
        for (std::size_t c = 0; c < 3; ++c) {
            pixel[c] = levels[c] / 255.0F;
        }
    }
}

} // namespace tacit::augment
