// SPDX-License-Identifier: Apache-2.0
#include "pipeline/shards/statistics/value_range.hpp"

#include "pipeline/shards/read/half.hpp"

namespace tacit::shards {
namespace {

template <class T> T nth(const std::uint8_t* from, std::size_t i) {
    return load<T>(from + i * sizeof(T));
}

/// The order of the comparisons sends NaN to 0.
float clamped(float value, float highest) {
    const float above = value > 0.0F ? value : 0.0F;
    return above < highest ? above : highest;
}

void put(float scaled, std::uint8_t& out) {
    out = static_cast<std::uint8_t>(clamped(scaled, 255) + 0.5F); // NOLINT(bugprone-incorrect-roundings): not negative
}

void put(float scaled, float& out) {
    out = clamped(scaled, 1);
}

template <class Out, class Get> void convert(std::span<Out> out, double low, double scale, const Get& get) {
    for (std::size_t i = 0; i < out.size(); ++i) {
        put(static_cast<float>((static_cast<double>(get(i)) - low) * scale), out[i]);
    }
}

template <class Out>
void convert(const std::uint8_t* data, Element element, double low, double scale, std::span<Out> out) {
    switch (element) {
    case Element::u8:
        return convert(out, low, scale, [data](std::size_t i) { return data[i]; });
    case Element::u16:
        return convert(out, low, scale, [data](std::size_t i) { return nth<std::uint16_t>(data, i); });
    case Element::i16:
        return convert(out, low, scale, [data](std::size_t i) { return nth<std::int16_t>(data, i); });
    case Element::f16:
        return convert(out, low, scale, [data](std::size_t i) { return float_of_half(nth<std::uint16_t>(data, i)); });
    case Element::bf16:
        return convert(out, low, scale, [data](std::size_t i) { return float_of_bf16(nth<std::uint16_t>(data, i)); });
    case Element::f32:
        return convert(out, low, scale, [data](std::size_t i) { return nth<float>(data, i); });
    case Element::f64:
        return convert(out, low, scale, [data](std::size_t i) { return nth<double>(data, i); });
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
    convert(from.data(), element, low, 255.0 / (high - low), out);
}

void to_float(std::span<const std::uint8_t> from, Element element, double low, double high, std::span<float> out) {
    convert(from.data(), element, low, 1.0 / (high - low), out);
}

} // namespace tacit::shards
