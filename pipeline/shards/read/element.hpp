// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace tacit::shards {

/// Type of one channel of one pixel, in this machine's byte order.
enum class Element { u8, u16, i16, f16, bf16, f32, f64 };

constexpr std::size_t element_bytes(Element element) {
    switch (element) {
    case Element::u8:
        return 1;
    case Element::f32:
        return 4;
    case Element::f64:
        return 8;
    default:
        return 2;
    }
}

/// The value that `from` holds, which need not be aligned.
template <class T> T load(const std::uint8_t* from) {
    T value;
    std::memcpy(&value, from, sizeof(T));
    return value;
}

/// "u8", "u16", …
constexpr std::string_view element_name(Element element) {
    constexpr std::string_view kNames[] = {"u8", "u16", "i16", "f16", "bf16", "f32", "f64"};
    return kNames[static_cast<std::size_t>(element)];
}

} // namespace tacit::shards
