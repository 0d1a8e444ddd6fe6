// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>

namespace tacit::shards {

/// Integers out of a file's bytes. The caller has checked that they are there.
inline std::uint16_t little16(const std::uint8_t* at) {
    return static_cast<std::uint16_t>(at[0] | (at[1] << 8U));
}
inline std::uint32_t little32(const std::uint8_t* at) {
    return little16(at) | (std::uint32_t{little16(at + 2)} << 16U);
}
inline std::uint64_t little64(const std::uint8_t* at) {
    return little32(at) | (std::uint64_t{little32(at + 4)} << 32U);
}
inline std::uint32_t big32(const std::uint8_t* at) {
    return (std::uint32_t{at[0]} << 24U) | (std::uint32_t{at[1]} << 16U) | (std::uint32_t{at[2]} << 8U) | at[3];
}

} // namespace tacit::shards
