// SPDX-License-Identifier: Apache-2.0
#include "pipeline/shards/filters/block_codecs.hpp"
#include "pipeline/shards/filters/decoders.hpp"

namespace tacit::shards {

Bytes undo_deflate(Bytes stored, Room room, const Filter&, FilterScratch& scratch) {
    return room.first(decode_zlib(stored, room, scratch, "gzip"));
}

} // namespace tacit::shards
