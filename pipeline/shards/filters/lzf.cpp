// SPDX-License-Identifier: Apache-2.0
#include "pipeline/shards/filters/byte_reader.hpp"
#include "pipeline/shards/filters/decoders.hpp"
#include "pipeline/shards/filters/match_copy.hpp"

#include <algorithm>

namespace tacit::shards {

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

} // namespace tacit::shards
