// SPDX-License-Identifier: Apache-2.0
// Written against the chunk format alone, because c-blosc is not told where a chunk ends, allocates for each one, and
// has an open overflow in its BloscLZ decoder (Blosc/c-blosc#405).
#include "pipeline/shards/filters/block_codecs.hpp"
#include "pipeline/shards/filters/byte_reader.hpp"
#include "pipeline/shards/filters/decoders.hpp"
#include "pipeline/shards/filters/planes.hpp"

#include <algorithm>

namespace tacit::shards {
namespace {

constexpr std::size_t kHeaderBytes = 16;
constexpr std::uint8_t kFormat = 2;

struct Header {
    std::size_t element_bytes = 0;
    std::size_t total = 0;       ///< bytes of the decoded chunk
    std::size_t block_bytes = 0; ///< of each decoded block but the last
    bool shuffled = false;       ///< by bytes
    bool bit_shuffled = false;
    bool stored = false; ///< not compressed
    bool split = false;  ///< a block's byte planes are compressed apart
    unsigned codec = 0;
};

Header read_header(Bytes chunk, std::size_t most) {
    ByteReader reader(chunk, "Blosc");
    const unsigned format = reader.u8();
    reader.take(1); // the codec's version, which none of them needs
    const unsigned flags = reader.u8();
    Header header;
    header.element_bytes = reader.u8();
    header.total = reader.little32();
    header.block_bytes = reader.little32();
    const std::size_t chunk_bytes = reader.little32();
    header.shuffled = (flags & 0x01U) != 0;
    header.stored = (flags & 0x02U) != 0;
    header.bit_shuffled = (flags & 0x04U) != 0;
    header.split = (flags & 0x10U) == 0;
    header.codec = flags >> 5U;
    if (format != kFormat || (flags & 0x08U) != 0) {
        throw DataError(fmt::format("Blosc: format {}, flags {:#04x}; Tacit reads format {}", format, flags, kFormat));
    }
    if (chunk_bytes != chunk.size() || header.total > most || header.element_bytes == 0 ||
        (header.block_bytes == 0 && header.total > 0)) {
        throw DataError(fmt::format("Blosc: the header says {} bytes that become {}, in blocks of {}, elements of {}; "
                                    "there are {} bytes, and at most {} expected",
                                    chunk_bytes, header.total, header.block_bytes, header.element_bytes, chunk.size(),
                                    most));
    }
    return header;
}

std::size_t decode_stream(unsigned codec, Bytes stored, Room room, FilterScratch& scratch) {
    switch (codec) {
    case 0:
        return decode_blosclz(stored, room, "Blosc");
    case 1:
        return decode_lz4(stored, room, "Blosc");
    case 2:
        return decode_snappy(stored, room, "Blosc");
    case 3:
        return decode_zlib(stored, room, scratch, "Blosc");
    case 4:
        return decode_zstd(stored, room, scratch, "Blosc");
    default:
        throw DataError(fmt::format("Blosc: codec {} is unknown", codec));
    }
}

/// As c-blosc decides it: only whole blocks with enough short elements have their planes apart.
std::size_t stream_count(const Header& header, std::size_t block_bytes) {
    constexpr std::size_t kMostStreams = 16;
    constexpr std::size_t kLeastElements = 128;
    const bool apart = header.split && block_bytes == header.block_bytes && header.element_bytes <= kMostStreams &&
                       block_bytes / header.element_bytes >= kLeastElements;
    return apart ? header.element_bytes : 1;
}

void decode_block(const Header& header, ByteReader reader, Room block, FilterScratch& scratch) {
    const std::size_t streams = stream_count(header, block.size());
    if (block.size() % streams != 0) {
        throw DataError(fmt::format("Blosc: a block of {} bytes in {} streams", block.size(), streams));
    }
    const std::size_t bytes = block.size() / streams;
    for (std::size_t i = 0; i < streams; ++i) {
        const Bytes stored = reader.take(reader.little32());
        const Room room = block.subspan(i * bytes, bytes);
        if (stored.size() == bytes) { // would not get shorter
            std::copy(stored.begin(), stored.end(), room.begin());
        } else if (decode_stream(header.codec, stored, room, scratch) != bytes) {
            throw DataError("Blosc: a block ends too early");
        }
    }
}

/// Bit shuffle leaves blocks alone whose elements fill no whole bytes of a bit plane.
void unshuffle_block(const Header& header, Bytes block, std::uint8_t* out, std::uint8_t* memory) {
    const std::size_t elements = block.size() / header.element_bytes;
    std::size_t done = 0;
    if (header.shuffled) {
        return unshuffle(block.data(), block.size(), header.element_bytes, out);
    }
    if (elements % 8 == 0) {
        interleave_bits(block.data(), header.element_bytes, elements, out, memory);
        done = elements * header.element_bytes;
    }
    std::copy(block.begin() + static_cast<std::ptrdiff_t>(done), block.end(), out + done);
}

void decode_blocks(const Header& header, Bytes chunk, Room out, FilterScratch& scratch) {
    const bool planes = (header.shuffled && header.element_bytes > 1) || header.bit_shuffled;
    const std::size_t largest = std::min(header.block_bytes, out.size());
    const Room memory = planes ? scratch.inside(largest + bit_planes_memory(header.element_bytes)) : Room();
    ByteReader starts(chunk.subspan(kHeaderBytes), "Blosc");
    while (!out.empty()) {
        ByteReader reader(chunk, "Blosc");
        reader.take(starts.little32());
        const Room target = out.first(std::min(header.block_bytes, out.size()));
        const Room block = planes ? memory.first(target.size()) : target;
        decode_block(header, reader, block, scratch);
        if (planes) {
            unshuffle_block(header, block, target.data(), memory.data() + largest);
        }
        out = out.subspan(target.size());
    }
}

} // namespace

Bytes undo_blosc(Bytes stored, Room room, const Filter&, FilterScratch& scratch) {
    const Header header = read_header(stored, room.size());
    room = room.first(header.total);
    if (header.stored) {
        if (header.total + kHeaderBytes != stored.size()) {
            throw DataError(
                fmt::format("Blosc: {} bytes are stored, {} expected", stored.size() - kHeaderBytes, header.total));
        }
        return stored.subspan(kHeaderBytes);
    }
    decode_blocks(header, stored, room, scratch);
    return room;
}

} // namespace tacit::shards
