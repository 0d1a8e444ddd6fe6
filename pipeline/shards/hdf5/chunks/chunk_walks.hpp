// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "pipeline/shards/hdf5/chunks/chunk_table.hpp"
#include "pipeline/shards/hdf5/raw/metadata.hpp"

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace tacit::shards::h5 {

inline constexpr std::uint64_t kUndefinedAddress = ~std::uint64_t{0};

/// What the walks through the kinds of chunk indexes share.
class ChunkWalk {
  public:
    /// `max_grid`: chunks along each dimension at the data set's largest shape, 0 where it is unlimited. `chunk_bytes`:
    /// of a chunk before filters.
    ChunkWalk(const MetadataFile& file, ChunkTable& table, std::vector<std::uint64_t> max_grid,
              std::uint64_t chunk_bytes)
        : file_(&file), table_(&table), max_grid_(std::move(max_grid)), chunk_bytes_(chunk_bytes) {}

    const MetadataFile& file() const { return *file_; }
    const std::vector<std::uint64_t>& max_grid() const { return max_grid_; }
    std::size_t rank() const { return max_grid_.size(); }
    std::size_t chunks() const { return table_->size(); }
    std::uint64_t chunk_bytes() const { return chunk_bytes_; }
    /// Extents of a chunk in elements.
    const std::vector<std::uint64_t>& chunk() const { return table_->array().chunk; }
    /// `address` as the file counts it.
    void put(std::size_t number, std::uint64_t address, std::uint64_t bytes, std::uint32_t mask) const;
    /// The chunk at `place`, counted in chunks.
    void put_at(std::span<const std::uint64_t> place, std::uint64_t address, std::uint64_t bytes,
                std::uint32_t mask) const;
    /// Calls `visit(number, place in the index)` for every chunk of the grid. `first` is the dimension that the index
    /// counts slowest.
    template <class Visit> void for_each_chunk(std::size_t first, const Visit& visit) const;

  private:
    std::uint64_t place_in_index(std::span<const std::uint64_t> place, std::size_t first) const;

    const MetadataFile* file_;
    ChunkTable* table_;
    std::vector<std::uint64_t> max_grid_;
    std::uint64_t chunk_bytes_;
};

template <class Visit> void ChunkWalk::for_each_chunk(std::size_t first, const Visit& visit) const {
    std::vector<std::uint64_t> place(rank(), 0);
    for (std::size_t number = 0; number < chunks(); ++number) {
        visit(number, place_in_index(place, first));
        for (std::size_t i = rank(); i-- > 0;) {
            if (++place[i] < table_->grid()[i]) {
                break;
            }
            place[i] = 0;
        }
    }
}

/// One function a kind; `address` is the index's own. All throw DataError with the reason alone.
void walk_btree_1(const ChunkWalk& walk, std::uint64_t address);
void walk_btree_2(const ChunkWalk& walk, std::uint64_t address);
void walk_fixed_array(const ChunkWalk& walk, std::uint64_t address);
void walk_extensible_array(const ChunkWalk& walk, std::uint64_t address);

} // namespace tacit::shards::h5
