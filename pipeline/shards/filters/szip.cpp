// SPDX-License-Identifier: Apache-2.0
// What HDF5's szip filter and libaec's stand-in for szlib (sz_compat.c) do around the entropy decoder. The stand-in
// itself is not called: it hands out memory that it never wrote when a padded stream ends early.
#include "pipeline/base/error.hpp"
#include "pipeline/shards/filters/byte_reader.hpp"
#include "pipeline/shards/filters/decoders.hpp"
#include "pipeline/shards/filters/planes.hpp"

#include <libaec.h>

#include <algorithm>

namespace tacit::shards {
namespace {

constexpr std::uint32_t kMsb = 16; // options of szlib.h
constexpr std::uint32_t kNearestNeighbour = 32;
constexpr std::uint32_t kMostBlockPixels = 32;
constexpr std::uint32_t kMostLinePixels = 32 * 128;

/// How szlib lays pixels out for the entropy decoder. All in bytes.
struct Layout {
    std::size_t planes;      ///< pixels of 32 and 64 bits are coded as that many planes of bytes, else 1
    std::size_t pixel;       ///< of a sample as decoded
    std::size_t line;        ///< of a scanline
    std::size_t padded_line; ///< with what fills its last block
};

std::uint32_t bits_of(const Filter& filter) {
    return filter.values[2];
}

std::uint32_t blocks_a_line(const Filter& filter) {
    return (filter.values[3] + filter.values[1] - 1) / filter.values[1];
}

Layout layout_of(const Filter& filter) {
    const std::uint32_t bits = bits_of(filter);
    Layout layout{};
    layout.planes = bits == 32 || bits == 64 ? bits / 8 : 1;
    layout.pixel = layout.planes > 1 || bits <= 8 ? 1 : bits <= 16 ? 2 : 4;
    layout.line = filter.values[3] * layout.pixel;
    layout.padded_line = std::size_t{blocks_a_line(filter)} * filter.values[1] * layout.pixel;
    return layout;
}

std::size_t run_decoder(Bytes stored, Room room, const Filter& filter) {
    aec_stream stream{};
    stream.next_in = stored.data();
    stream.avail_in = stored.size();
    stream.next_out = room.data();
    stream.avail_out = room.size();
    stream.bits_per_sample = layout_of(filter).planes > 1 ? 8 : bits_of(filter);
    stream.block_size = filter.values[1];
    stream.rsi = blocks_a_line(filter);
    stream.flags = ((filter.values[0] & kMsb) != 0 ? AEC_DATA_MSB : 0U) |
                   ((filter.values[0] & kNearestNeighbour) != 0 ? AEC_DATA_PREPROCESS : 0U);
    if (aec_buffer_decode(&stream) != AEC_OK) {
        throw DataError("szip: the data are damaged");
    }
    return stream.total_out;
}

/// Moves the scanlines in `padded` together so that its first `bytes` are without padding.
void remove_padding(Room padded, const Layout& layout, std::size_t bytes) {
    std::uint8_t* data = padded.data();
    for (std::size_t line = 1; line * layout.line < bytes; ++line) {
        const std::size_t length = std::min(layout.line, bytes - line * layout.line);
        std::copy_n(data + line * layout.padded_line, length, data + line * layout.line);
    }
}

/// Decodes `bytes` into `coded`, which has room for the padding of every scanline.
void decode_lines(Bytes stored, Room coded, std::size_t bytes, const Filter& filter) {
    const Layout layout = layout_of(filter);
    const std::size_t last = (bytes - 1) / layout.line;
    const std::size_t needed = last * layout.padded_line + (bytes - last * layout.line);
    if (run_decoder(stored, coded, filter) < needed) {
        throw DataError("szip: the data end too early");
    }
    if (layout.padded_line != layout.line) {
        remove_padding(coded, layout, bytes);
    }
}

} // namespace

void check_szip(Filter& filter, std::size_t) {
    if (filter.values.size() < 4) {
        throw DataError(fmt::format("szip: {} values where 4 are needed", filter.values.size()));
    }
    const std::uint32_t block = filter.values[1];
    const std::uint32_t bits = filter.values[2];
    const std::uint32_t line = filter.values[3];
    const bool bits_known = (bits >= 1 && bits <= 24) || bits == 32 || bits == 64;
    if (!bits_known || block < 2 || block % 2 != 0 || block > kMostBlockPixels || line < block ||
        line > kMostLinePixels) {
        throw DataError(
            fmt::format("szip: {} bits a pixel, {} pixels a block, {} a scanline make no sense", bits, block, line));
    }
}

Bytes undo_szip(Bytes stored, Room room, const Filter& filter, FilterScratch& scratch) {
    ByteReader reader(stored, "szip");
    const std::size_t total = reader.little32();
    const Layout layout = layout_of(filter);
    if (total > room.size() || total % (layout.planes * layout.pixel) != 0) {
        throw DataError(fmt::format("szip: the header says {} bytes, at most {} expected", total, room.size()));
    }
    room = room.first(total);
    if (total == 0) {
        return room;
    }
    const Bytes entropy_coded = reader.take(reader.left());
    if (layout.planes == 1 && layout.padded_line == layout.line) {
        decode_lines(entropy_coded, room, total, filter);
        return room;
    }
    const Room lines = scratch.inside((total + layout.line - 1) / layout.line * layout.padded_line);
    decode_lines(entropy_coded, lines, total, filter);
    const std::size_t pixels = total / layout.planes;
    interleave(lines.data(), layout.planes, pixels, pixels, room.data());
    return room;
}

} // namespace tacit::shards
