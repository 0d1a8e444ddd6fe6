// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "pipeline/shards/read/stored_array.hpp"

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace tacit::shards::h5 {

/// Where the chunks of one data set lie, as its index reports them one by one. All is checked against the file; throws
/// DataError with the reason alone.
class ChunkTable {
  public:
    /// Sizes `array.chunks` for the grid that array.shape and array.chunk make; `array` must outlive the table.
    /// `unfiltered_edges`: chunks that stick out of the shape went through no filter. Throws if the grid claims more
    /// chunks than a file of `file_bytes` may have.
    ChunkTable(StoredArray& array, std::uint64_t file_bytes, bool unfiltered_edges);

    /// Chunks along each dimension.
    const std::vector<std::uint64_t>& grid() const { return grid_; }
    std::size_t size() const { return array_->chunks.size(); }
    const StoredArray& array() const { return *array_; }

    /// Number of the chunk at `place`, counted in chunks. Throws if it lies outside of the grid.
    std::size_t number(std::span<const std::uint64_t> place) const;
    /// `begin`: first byte in the file, or kNoAddress. Throws if bytes lie outside of the file, or if a chunk is
    /// reported twice.
    void put(std::size_t number, std::uint64_t begin, std::uint64_t bytes, std::uint32_t mask);

  private:
    bool at_edge(std::size_t number) const;

    StoredArray* array_;
    std::vector<std::uint64_t> grid_;
    std::uint64_t file_bytes_;
    std::size_t reported_ = 0;
    bool unfiltered_edges_;
};

} // namespace tacit::shards::h5
