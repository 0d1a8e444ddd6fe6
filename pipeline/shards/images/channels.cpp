// SPDX-License-Identifier: Apache-2.0
#include "pipeline/shards/images/channels.hpp"

#include "pipeline/base/error.hpp"

#include <fmt/format.h>

#include <cstring>

namespace tacit::shards {
namespace {

void repeat_gray(std::size_t value_bytes, std::size_t count, std::uint8_t* pixels) {
    for (std::size_t i = count; i-- > 0;) {
        std::uint8_t value[8];
        std::memcpy(value, pixels + i * value_bytes, value_bytes);
        for (std::size_t c = 0; c < 3; ++c) {
            std::memcpy(pixels + (3 * i + c) * value_bytes, value, value_bytes);
        }
    }
}

template <class T> void reduce_to_gray(std::size_t count, std::uint8_t* pixels) {
    for (std::size_t i = 0; i < count; ++i) {
        T rgb[3];
        std::memcpy(rgb, pixels + 3 * i * sizeof(T), sizeof(rgb));
        const T gray = luma(rgb);
        std::memcpy(pixels + i * sizeof(T), &gray, sizeof(T));
    }
}

} // namespace

void convert_channels(Element element, int from, int to, std::size_t count, std::uint8_t* pixels) {
    if (from == to) {
        return;
    }
    if (from == 1 && to == 3) {
        repeat_gray(element_bytes(element), count, pixels);
    } else if (from == 3 && to == 1 && element == Element::u8) {
        reduce_to_gray<std::uint8_t>(count, pixels);
    } else if (from == 3 && to == 1 && element == Element::u16) {
        reduce_to_gray<std::uint16_t>(count, pixels);
    } else {
        throw DataError(fmt::format("has {} channels where the other images have {}", from, to));
    }
}

void widen_values(std::size_t count, std::uint8_t* values) {
    constexpr unsigned kScale = 257; // 65535 / 255
    for (std::size_t i = count; i-- > 0;) {
        const auto wide = static_cast<std::uint16_t>(values[i] * kScale);
        std::memcpy(values + 2 * i, &wide, sizeof(wide));
    }
}

} // namespace tacit::shards
