// SPDX-License-Identifier: Apache-2.0
#include "pipeline/shards/filters/byte_planes.hpp"

#include <algorithm>
#include <cstring>

namespace tacit::shards {
namespace {

/// With the number of planes known, GCC makes byte shuffles of whole registers out of this.
template <std::size_t Planes>
void interleave_fixed(const std::uint8_t* __restrict in, std::size_t stride, std::size_t count,
                      std::uint8_t* __restrict out) {
    for (std::size_t i = 0; i < count; ++i) {
        for (std::size_t p = 0; p < Planes; ++p) {
            out[i * Planes + p] = in[p * stride + i];
        }
    }
}

void interleave_any(const std::uint8_t* __restrict in, std::size_t planes, std::size_t stride, std::size_t count,
                    std::uint8_t* __restrict out) {
    constexpr std::size_t kTile = 256; // the lines that a tile writes stay in the cache from plane to plane
    for (std::size_t from = 0; from < count; from += kTile) {
        const std::size_t to = std::min(count, from + kTile);
        for (std::size_t p = 0; p < planes; ++p) {
            for (std::size_t i = from; i < to; ++i) {
                out[i * planes + p] = in[p * stride + i];
            }
        }
    }
}

} // namespace

void interleave(const std::uint8_t* in, std::size_t planes, std::size_t stride, std::size_t count, std::uint8_t* out) {
    switch (planes) {
    case 1:
        std::copy_n(in, count, out);
        return;
    case 2:
        return interleave_fixed<2>(in, stride, count, out);
    case 4:
        return interleave_fixed<4>(in, stride, count, out);
    case 8:
        return interleave_fixed<8>(in, stride, count, out);
    default:
        return interleave_any(in, planes, stride, count, out);
    }
}

void unshuffle(const std::uint8_t* in, std::size_t bytes, std::size_t element_bytes, std::uint8_t* out) {
    const std::size_t count = bytes / element_bytes;
    const std::size_t whole = count * element_bytes;
    interleave(in, element_bytes, count, count, out);
    std::copy(in + whole, in + bytes, out + whole);
}

} // namespace tacit::shards
