// SPDX-License-Identifier: Apache-2.0
#include "pipeline/shards/hdf5/chunks/chunk_index.hpp"

#include "pipeline/base/error.hpp"
#include "pipeline/shards/hdf5/chunks/chunk_walks.hpp"
#include "pipeline/shards/hdf5/raw/object_header.hpp"
#include "pipeline/shards/hdf5/raw/older_view.hpp"

#include <fmt/format.h>

#include <array>
#include <functional>
#include <numeric>
#include <optional>
#include <utility>

namespace tacit::shards::h5 {
namespace {

constexpr std::uint8_t kChunked = 2;

enum class Kind : std::uint8_t { btree_1, single, implicit, fixed_array, extensible_array, btree_2, unknown };

/// The data layout message of a chunked data set.
struct Layout {
    Kind kind = Kind::unknown;
    std::uint64_t address = kUndefinedAddress; ///< of the index; kUndefinedAddress: no chunk was ever written
    std::vector<std::uint64_t> chunk;          ///< extents, the size of an element last
    bool filtered = false;                     ///< single chunk
    std::uint64_t bytes = 0;                   ///< of a filtered single chunk
    std::uint32_t mask = 0;
};

/// Version 5 is written like 4; what is wider in its index, the index tells.
Layout layout_of_version_4(MetadataBlock& message) {
    constexpr std::uint8_t kFilteredSingle = 0x02;
    Layout layout;
    const std::uint8_t flags = message.u8();
    layout.chunk.resize(message.u8());
    const std::uint8_t bytes = message.u8();
    if (bytes == 0 || bytes > 8) {
        return layout;
    }
    for (std::uint64_t& extent : layout.chunk) {
        extent = message.number(bytes);
    }
    const std::uint8_t kind = message.u8();
    layout.kind = kind >= 1 && kind <= 5 ? static_cast<Kind>(kind) : Kind::unknown;
    if (layout.kind == Kind::single && (flags & kFilteredSingle) != 0) {
        layout.filtered = true;
        layout.bytes = message.u64();
        layout.mask = message.u32();
    }
    constexpr std::array<std::size_t, 7> kParameterBytes = {0, 0, 0, 1, 5, 6, 0}; // the index repeats what matters
    message.skip(kParameterBytes[static_cast<std::size_t>(layout.kind)]);
    layout.address = layout.kind == Kind::unknown ? kUndefinedAddress : message.u64();
    return layout;
}

Layout layout_of(MetadataBlock message) {
    Layout layout;
    const std::uint8_t version = message.u8();
    std::size_t rank = 0;
    if (version == 1 || version == 2) {
        rank = message.u8();
        if (message.u8() != kChunked) {
            return layout;
        }
        message.skip(5);
    } else if (version >= 3 && version <= kNewerLayout && message.u8() == kChunked) {
        if (version != 3) {
            return layout_of_version_4(message);
        }
        rank = message.u8();
    } else {
        return layout;
    }
    layout.kind = Kind::btree_1;
    layout.address = message.u64();
    for (std::size_t i = 0; i < rank; ++i) {
        layout.chunk.push_back(message.u32());
    }
    return layout;
}

/// Chunks along each dimension at the largest shape; 0: unlimited.
std::vector<std::uint64_t> largest_grid(hid_t dataset, const std::vector<std::uint64_t>& chunk) {
    const Handle space(H5Dget_space(dataset));
    std::vector<hsize_t> dims(chunk.size());
    std::vector<hsize_t> most(chunk.size());
    if (H5Sget_simple_extent_ndims(space.get()) != static_cast<int>(chunk.size()) ||
        H5Sget_simple_extent_dims(space.get(), dims.data(), most.data()) < 0) {
        throw DataError("has no shape");
    }
    std::vector<std::uint64_t> grid;
    for (std::size_t i = 0; i < chunk.size(); ++i) {
        grid.push_back(most[i] == H5S_UNLIMITED ? 0 : most[i] / chunk[i] + (most[i] % chunk[i] == 0 ? 0 : 1));
    }
    return grid;
}

void walk_implicit(const ChunkWalk& walk, std::uint64_t address) {
    walk.for_each_chunk(0, [&](std::size_t number, std::uint64_t place) {
        if (walk.chunk_bytes() != 0 && place > (kUndefinedAddress - address) / walk.chunk_bytes()) {
            throw DataError("has chunks beyond all addresses; the file is damaged");
        }
        walk.put(number, address + place * walk.chunk_bytes(), walk.chunk_bytes(), 0);
    });
}

void follow(const Layout& layout, const ChunkWalk& walk) {
    switch (layout.kind) {
    case Kind::btree_1:
        return walk_btree_1(walk, layout.address);
    case Kind::single:
        return walk.put(0, layout.address, layout.filtered ? layout.bytes : walk.chunk_bytes(), layout.mask);
    case Kind::implicit:
        return walk_implicit(walk, layout.address);
    case Kind::fixed_array:
        return walk_fixed_array(walk, layout.address);
    case Kind::extensible_array:
        return walk_extensible_array(walk, layout.address);
    case Kind::btree_2:
        return walk_btree_2(walk, layout.address);
    case Kind::unknown:
        return;
    }
}

} // namespace

void ChunkWalk::put(std::size_t number, std::uint64_t address, std::uint64_t bytes, std::uint32_t mask) const {
    if (address == kUndefinedAddress) {
        table_->put(number, kNoAddress, 0, 0);
        return;
    }
    if (address > kUndefinedAddress - 1 - file_->base()) {
        throw DataError(fmt::format("has chunk {} at byte {}; the file is damaged", number, address));
    }
    table_->put(number, file_->base() + address, bytes, mask);
}

void ChunkWalk::put_at(std::span<const std::uint64_t> place, std::uint64_t address, std::uint64_t bytes,
                       std::uint32_t mask) const {
    put(table_->number(place), address, bytes, mask);
}

std::uint64_t ChunkWalk::place_in_index(std::span<const std::uint64_t> place, std::size_t first) const {
    std::uint64_t result = place[first];
    for (std::size_t i = 0; i < rank(); ++i) {
        if (i == first) {
            continue;
        }
        if (max_grid_[i] == 0 || result > kUndefinedAddress / 2 / max_grid_[i]) {
            throw DataError("has a chunk index that does not fit its largest shape; the file is damaged");
        }
        result = result * max_grid_[i] + place[i];
    }
    return result;
}

bool list_chunks(hid_t dataset, const FileBytes& file, ChunkTable& table) {
    const std::optional<std::uint64_t> base = base_address(dataset);
    const std::optional<std::uint64_t> header = header_address(dataset);
    if (!base || !header) {
        return false;
    }
    const MetadataFile metadata(file, *base);
    std::optional<Message> message = find_message(metadata, *header, kLayoutMessage);
    const Layout layout = message ? layout_of(std::move(*message)) : Layout{};
    const StoredArray& array = table.array();
    std::vector<std::uint64_t> chunk = array.chunk;
    chunk.push_back(array.element_bytes);
    if (layout.kind == Kind::unknown || layout.chunk != chunk) {
        return false;
    }
    if (layout.address != kUndefinedAddress && table.size() > 0) {
        const std::uint64_t bytes = std::accumulate(chunk.begin(), chunk.end(), std::uint64_t{1}, std::multiplies<>());
        follow(layout, ChunkWalk(metadata, table, largest_grid(dataset, array.chunk), bytes));
    }
    return true;
}

} // namespace tacit::shards::h5
