// SPDX-License-Identifier: Apache-2.0
#include "pipeline/shards/filters/block_codecs.hpp"

#include "pipeline/base/error.hpp"
#include "pipeline/shards/filters/byte_reader.hpp"
#include "pipeline/shards/filters/decoders.hpp"
#include "pipeline/shards/filters/match_copy.hpp"

#include <fmt/format.h>
#include <libdeflate.h>
#include <lz4.h>
#include <zstd.h>

#include <algorithm>

namespace tacit::shards {

std::size_t decode_zlib(std::span<const std::uint8_t> stored, std::span<std::uint8_t> room, FilterScratch& scratch,
                        std::string_view subject) {
    std::size_t used = 0;
    std::size_t made = 0;
    const libdeflate_result result = libdeflate_zlib_decompress_ex(scratch.inflater(), stored.data(), stored.size(),
                                                                   room.data(), room.size(), &used, &made);
    if (result == LIBDEFLATE_INSUFFICIENT_SPACE) {
        throw DataError(fmt::format("{}: more than {} bytes come out", subject, room.size()));
    }
    if (result != LIBDEFLATE_SUCCESS) {
        throw DataError(fmt::format("{}: the stream is damaged", subject));
    }
    if (used != stored.size()) {
        throw DataError(fmt::format("{}: {} bytes follow the end of the stream", subject, stored.size() - used));
    }
    return made;
}

std::size_t decode_lz4(std::span<const std::uint8_t> stored, std::span<std::uint8_t> room, std::string_view subject) {
    constexpr std::size_t kMost = LZ4_MAX_INPUT_SIZE;
    if (stored.size() > kMost || room.size() > kMost) {
        throw DataError(fmt::format("{}: a block of {} bytes, LZ4 has at most {}", subject, room.size(), kMost));
    }
    const int made =
        LZ4_decompress_safe(reinterpret_cast<const char*>(stored.data()), reinterpret_cast<char*>(room.data()),
                            static_cast<int>(stored.size()), static_cast<int>(room.size()));
    if (made < 0) {
        throw DataError(fmt::format("{}: an LZ4 block is damaged", subject));
    }
    return static_cast<std::size_t>(made);
}

std::size_t decode_zstd(std::span<const std::uint8_t> stored, std::span<std::uint8_t> room, FilterScratch& scratch,
                        std::string_view subject) {
    const std::size_t made =
        ZSTD_decompressDCtx(scratch.zstd(), room.data(), room.size(), stored.data(), stored.size());
    if (ZSTD_isError(made) != 0U) {
        throw DataError(fmt::format("{}: a Zstandard frame is damaged", subject));
    }
    return made;
}

Bytes undo_deflate(Bytes stored, Room room, const Filter&, FilterScratch& scratch) {
    return room.first(decode_zlib(stored, room, scratch, "gzip"));
}

Bytes undo_lz4(Bytes stored, Room room, const Filter&, FilterScratch&) {
    ByteReader reader(stored, "LZ4");
    const std::uint64_t total = reader.big64();
    const std::uint32_t block_bytes = reader.big32();
    if (total > room.size() || (block_bytes == 0 && total > 0)) {
        throw DataError(fmt::format("LZ4: the header says {} bytes in blocks of {}, at most {} expected", total,
                                    block_bytes, room.size()));
    }
    room = room.first(static_cast<std::size_t>(total));
    for (Room rest = room; !rest.empty();) {
        const Room block = rest.first(std::min<std::size_t>(block_bytes, rest.size()));
        const Bytes compressed = reader.take(reader.big32());
        if (compressed.size() == block.size()) { // would not get shorter, and was stored as it is
            std::copy(compressed.begin(), compressed.end(), block.begin());
        } else if (decode_lz4(compressed, block, "LZ4") != block.size()) {
            throw DataError("LZ4: a block ends too early");
        }
        rest = rest.subspan(block.size());
    }
    reader.expect_end();
    return room;
}

/// A control byte below 32 announces that many literals and one more. Any other begins a match: length - 2 in its
/// upper three bits (7: a further byte is added), distance - 1 in its lower five and the byte that follows.
Bytes undo_lzf(Bytes stored, Room room, const Filter&, FilterScratch&) {
    ByteReader reader(stored, "LZF");
    MatchWriter writer(room, "LZF");
    while (reader.left() > 0) {
        const std::size_t control = reader.u8();
        if (control < 32) {
            writer.literals(reader.take(control + 1));
            continue;
        }
        std::size_t length = control >> 5U;
        if (length == 7) {
            length += reader.u8();
        }
        const std::size_t distance = ((control & 31U) << 8U | reader.u8()) + 1;
        writer.match(distance, length + 2);
    }
    return writer.written();
}

Bytes undo_zstd(Bytes stored, Room room, const Filter&, FilterScratch& scratch) {
    return room.first(decode_zstd(stored, room, scratch, "Zstandard"));
}

} // namespace tacit::shards
