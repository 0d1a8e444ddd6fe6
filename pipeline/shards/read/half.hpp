// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bit>
#include <cstdint>

namespace tacit::shards {

/// The value of a bfloat16: the upper half of a float.
inline float float_of_bf16(std::uint16_t bits) {
    return std::bit_cast<float>(std::uint32_t{bits} << 16U);
}

/// The value of an IEEE 754 binary16: 1 sign bit, 5 bits of exponent (bias 15), 10 bits of fraction.
inline float float_of_half(std::uint16_t bits) {
    const std::uint32_t sign = (bits & 0x8000U) << 16U;
    const std::uint32_t exponent = (bits >> 10U) & 0x1FU;
    const std::uint32_t fraction = bits & 0x3FFU;
    if (exponent == 0) {
        const float tiny = static_cast<float>(fraction) * 0x1p-24F; // subnormal
        return sign == 0 ? tiny : -tiny;
    }
    const std::uint32_t wide = exponent == 0x1F ? 0xFFU : exponent + (127 - 15);
    return std::bit_cast<float>(sign | (wide << 23U) | (fraction << 13U));
}

} // namespace tacit::shards
