// SPDX-License-Identifier: Apache-2.0
#include "pipeline/shards/to_u8.hpp"

#include <bit>
#include <cstring>

namespace tacit::shards {
namespace {

constexpr float kLevels = 255.0F;

template <class T> T load(const std::uint8_t* from, std::size_t i) {
    T value;
    std::memcpy(&value, from + i * sizeof(T), sizeof(T));
    return value;
}

float half_to_float(std::uint16_t half) {
    const std::uint32_t sign = static_cast<std::uint32_t>(half & 0x8000U) << 16U;
    const std::uint32_t exponent = (half >> 10U) & 0x1FU;
    const std::uint32_t mantissa = half & 0x3FFU;
    if (exponent == 0x1FU) { // infinity and NaN
        return std::bit_cast<float>(sign | 0x7F800000U | (mantissa << 13U));
    }
    if (exponent == 0) { // zero and subnormal numbers: multiples of 2^-24
        const float value = static_cast<float>(mantissa) * 0x1p-24F;
        return sign == 0 ? value : -value;
    }
    return std::bit_cast<float>(sign | ((exponent + 112U) << 23U) | (mantissa << 13U));
}

/// Scaling in fp32 suffices for 8 bits; the order of the comparisons sends NaN to 0.
std::uint8_t level(float scaled) {
    const float above = scaled > 0.0F ? scaled : 0.0F;
    const float clamped = above < kLevels ? above : kLevels;
    return static_cast<std::uint8_t>(clamped + 0.5F); // NOLINT(bugprone-incorrect-roundings): never negative
}

template <class Get> void convert(std::span<std::uint8_t> out, double low, double high, const Get& get) {
    const double scale = 255.0 / (high - low);
    for (std::size_t i = 0; i < out.size(); ++i) {
        out[i] = level(static_cast<float>((static_cast<double>(get(i)) - low) * scale));
    }
}

} // namespace

std::vector<double> natural_range(Element element) {
    switch (element) {
    case Element::u8:
        return {0, 255};
    case Element::u16:
        return {0, 65535};
    case Element::i16:
        return {-32768, 32767};
    default:
        return {};
    }
}

void to_u8(std::span<const std::uint8_t> from, Element element, double low, double high, std::span<std::uint8_t> out) {
    const std::uint8_t* data = from.data();
    switch (element) {
    case Element::u8:
        return convert(out, low, high, [data](std::size_t i) { return data[i]; });
    case Element::u16:
        return convert(out, low, high, [data](std::size_t i) { return load<std::uint16_t>(data, i); });
    case Element::i16:
        return convert(out, low, high, [data](std::size_t i) { return load<std::int16_t>(data, i); });
    case Element::f16:
        return convert(out, low, high, [data](std::size_t i) { return half_to_float(load<std::uint16_t>(data, i)); });
    case Element::bf16:
        return convert(out, low, high, [data](std::size_t i) {
            return std::bit_cast<float>(static_cast<std::uint32_t>(load<std::uint16_t>(data, i)) << 16U);
        });
    case Element::f32:
        return convert(out, low, high, [data](std::size_t i) { return load<float>(data, i); });
    case Element::f64:
        return convert(out, low, high, [data](std::size_t i) { return load<double>(data, i); });
    }
}

} // namespace tacit::shards
