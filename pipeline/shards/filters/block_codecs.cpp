// SPDX-License-Identifier: Apache-2.0
#include "pipeline/shards/filters/block_codecs.hpp"

#include "pipeline/base/error.hpp"
#include "pipeline/shards/filters/decoders.hpp"

#include <fmt/format.h>
#include <libdeflate.h>
#include <lz4.h>
#include <zstd.h>

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

Bytes undo_zstd(Bytes stored, Room room, const Filter&, FilterScratch& scratch) {
    return room.first(decode_zstd(stored, room, scratch, "Zstandard"));
}

} // namespace tacit::shards
