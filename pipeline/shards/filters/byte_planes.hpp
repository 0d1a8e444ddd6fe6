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

} // namespace tacit::shards
