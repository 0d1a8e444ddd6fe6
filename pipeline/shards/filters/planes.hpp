// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>

namespace tacit::shards {

/// Puts planes of bytes together to elements: out[i * planes + p] = in[p * stride + i] for i < count. `in` and `out`
/// must not overlap.
void interleave(const std::uint8_t* in, std::size_t planes, std::size_t stride, std::size_t count, std::uint8_t* out);

/// Undoes HDF5's and Blosc's byte shuffle on `bytes`, whose last `bytes % element_bytes` stand as they are.
void unshuffle(const std::uint8_t* in, std::size_t bytes, std::size_t element_bytes, std::uint8_t* out);

/// Bytes of memory that interleave_bits needs for elements of this size.
std::size_t bit_planes_memory(std::size_t element_bytes);

/// Puts planes of bits together to elements, as bitshuffle cut them: plane 8b + k holds bit k of byte b of every
/// element, the bit of element i being bit i % 8 of byte i / 8. `count` elements, a multiple of 8; `memory` as
/// bit_planes_memory says; no two of the three may overlap. The layout is that of Masui et al., "A compression
/// scheme for radio data in high performance computing", 2015.
void interleave_bits(const std::uint8_t* in, std::size_t element_bytes, std::size_t count, std::uint8_t* out,
                     std::uint8_t* memory);

} // namespace tacit::shards
