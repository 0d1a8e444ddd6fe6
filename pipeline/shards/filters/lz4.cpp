// SPDX-License-Identifier: Apache-2.0
#include "pipeline/shards/filters/block_codecs.hpp"
#include "pipeline/shards/filters/byte_reader.hpp"
#include "pipeline/shards/filters/decoders.hpp"

#include <algorithm>

namespace tacit::shards {

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

} // namespace tacit::shards
