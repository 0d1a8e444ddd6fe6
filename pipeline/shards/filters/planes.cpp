// SPDX-License-Identifier: Apache-2.0
#include "pipeline/shards/filters/planes.hpp"

#include "pipeline/base/error.hpp"
#include "pipeline/shards/filters/decoders.hpp"

#include <fmt/format.h>

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

/// Bytes of each bit plane that are taken at a time: what a tile needs stays in the first cache.
std::size_t tile_bytes(std::size_t element_bytes) {
    return std::max<std::size_t>(8, 512 / element_bytes / 8 * 8);
}

/// Swaps the bits of `high` under `mask` with those of `low` `shift` places further up.
void swap_bits(std::uint64_t& low, std::uint64_t& high, unsigned shift, std::uint64_t mask) {
    const std::uint64_t difference = (low >> shift ^ high) & mask;
    high ^= difference;
    low ^= difference << shift;
}

/// Transposes 8 x 8 bits in each of the eight byte lanes: lane g of row k becomes the byte of element 8g + k.
void transpose(std::uint64_t rows[8]) {
    for (const std::size_t k : {0U, 1U, 2U, 3U}) {
        swap_bits(rows[k], rows[k + 4], 4, 0x0F0F0F0F0F0F0F0F);
    }
    for (const std::size_t k : {0U, 1U, 4U, 5U}) {
        swap_bits(rows[k], rows[k + 2], 2, 0x3333333333333333);
    }
    for (const std::size_t k : {0U, 2U, 4U, 6U}) {
        swap_bits(rows[k], rows[k + 1], 1, 0x5555555555555555);
    }
}

/// From eight bit planes, `stride` apart, to eight byte planes, `length` (a multiple of 8) apart.
void transpose_planes(const std::uint8_t* __restrict in, std::size_t stride, std::size_t length,
                      std::uint8_t* __restrict out) {
    for (std::size_t g = 0; g < length; g += 8) {
        std::uint64_t rows[8];
        for (std::size_t k = 0; k < 8; ++k) {
            std::memcpy(&rows[k], in + k * stride + g, 8);
        }
        transpose(rows);
        for (std::size_t k = 0; k < 8; ++k) {
            std::memcpy(out + k * length + g, &rows[k], 8);
        }
    }
}

/// One byte of every element of a tile: out[i] for i < 8 * length. `memory` holds 16 * tile bytes, of which the first
/// half stands in for planes whose length is no multiple of 8.
void assemble_bytes(const std::uint8_t* in, std::size_t stride, std::size_t length, std::uint8_t* out,
                    std::uint8_t* memory) {
    const std::size_t padded = (length + 7) / 8 * 8;
    std::uint8_t* transposed = memory + 8 * padded;
    if (padded != length) {
        for (std::size_t k = 0; k < 8; ++k) {
            std::fill_n(std::copy_n(in + k * stride, length, memory + k * padded), padded - length, std::uint8_t{0});
        }
        in = memory;
        stride = padded;
    }
    transpose_planes(in, stride, padded, transposed);
    interleave(transposed, 8, padded, length, out);
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

std::size_t bit_planes_memory(std::size_t element_bytes) {
    return tile_bytes(element_bytes) * 8 * (element_bytes + 2);
}

void interleave_bits(const std::uint8_t* in, std::size_t element_bytes, std::size_t count, std::uint8_t* out,
                     std::uint8_t* memory) {
    const std::size_t stride = count / 8;
    const std::size_t tile = tile_bytes(element_bytes);
    std::uint8_t* planes = memory + 16 * tile;
    for (std::size_t from = 0; from < stride; from += tile) {
        const std::size_t length = std::min(tile, stride - from);
        std::uint8_t* elements = out + 8 * from * element_bytes;
        for (std::size_t b = 0; b < element_bytes; ++b) {
            std::uint8_t* assembled = element_bytes == 1 ? elements : planes + b * 8 * length;
            assemble_bytes(in + 8 * b * stride + from, stride, length, assembled, memory);
        }
        if (element_bytes > 1) {
            interleave(planes, element_bytes, 8 * length, 8 * length, elements);
        }
    }
}

void check_shuffle(Filter& filter, std::size_t element_bytes) {
    if (filter.values.empty()) {
        filter.values.push_back(static_cast<std::uint32_t>(element_bytes));
    }
    if (filter.values[0] == 0) {
        throw DataError("shuffle: elements of 0 bytes");
    }
}

Bytes undo_shuffle(Bytes stored, Room room, const Filter& filter, FilterScratch&) {
    if (stored.size() > room.size()) {
        throw DataError(fmt::format("shuffle: {} bytes, at most {} expected", stored.size(), room.size()));
    }
    unshuffle(stored.data(), stored.size(), filter.values[0], room.data());
    return room.first(stored.size());
}

} // namespace tacit::shards
