// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "pipeline/shards/filters/filter_pipeline.hpp"
#include "pipeline/shards/read/file_bytes.hpp"
#include "pipeline/shards/read/stored_array.hpp"

#include <cstdint>
#include <span>
#include <vector>

namespace tacit::shards {

/// What decoding a chunk needs; one per thread, reused.
struct ChunkScratch {
    std::vector<std::uint8_t> stored;
    FilterScratch filters;
};

/// Reads the chunks of a chunked StoredArray without libhdf5. Thread-safe after construction.
class ChunkReader {
  public:
    /// `array` and `file`, the array's own, must outlive the reader.
    ChunkReader(const StoredArray& array, const FileBytes& file);
    /// Decoded size of every chunk, those at the edges too.
    std::uint64_t chunk_bytes() const { return chunk_bytes_; }
    /// The elements of chunk `number` in the file's order into `to`, of chunk_bytes(). Throws DataError with the chunk
    /// and the reason.
    void read(std::uint64_t number, std::span<std::uint8_t> to, ChunkScratch& scratch) const;

  private:
    void decode(const StoredChunk& chunk, std::span<std::uint8_t> to, ChunkScratch& scratch) const;

    const StoredArray* array_;
    const FileBytes* file_;
    FilterPipeline filters_;
    std::uint64_t chunk_bytes_;
};

/// All elements of an array, contiguous or chunked, dense in C order, as they are stored. Throws DataError with the
/// reason, also above `limit` bytes.
std::vector<std::uint8_t> read_dense(const StoredArray& array, const FileBytes& file, std::uint64_t limit);

} // namespace tacit::shards
