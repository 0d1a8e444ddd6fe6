// SPDX-License-Identifier: Apache-2.0
#include "pipeline/base/error.hpp"
#include "pipeline/shards/filters/byte_planes.hpp"
#include "pipeline/shards/filters/decoders.hpp"

#include <fmt/format.h>

namespace tacit::shards {

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
