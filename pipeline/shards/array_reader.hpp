// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "pipeline/shards/axes.hpp"
#include "pipeline/shards/chunk_reader.hpp"
#include "pipeline/shards/file_bytes.hpp"
#include "pipeline/shards/stored_array.hpp"

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

namespace tacit::shards {

/// What reading a block needs; one per thread, reused.
struct ArrayScratch {
    ChunkScratch chunk;
    std::vector<std::uint8_t> decoded;
    std::vector<std::uint8_t> block;
};

/// Reads the images of a StoredArray as dense interleaved (HWC) elements in this machine's byte order. Images are
/// numbered in the order of their blocks: what one row of chunks holds stands together. With one N axis that is the
/// order of the array. Thread-safe after construction.
class ArrayReader {
  public:
    /// Images [first, first + count) of the array; two N axes are read whole. `array` and `file`, the array's own, must
    /// outlive the reader. Throws DataError if the axes do not fit the array, or the array does not fit the file.
    ArrayReader(const StoredArray& array, const Axes& axes, const FileBytes& file, std::int64_t first,
                std::int64_t count);
    ~ArrayReader();
    ArrayReader(ArrayReader&&) noexcept;
    ArrayReader& operator=(ArrayReader&&) noexcept;

    augment::ImageShape image() const;
    std::uint64_t image_bytes() const;
    /// Block b holds the images [block_starts()[b], block_starts()[b + 1]).
    const std::vector<std::int64_t>& block_starts() const;
    /// Whether one image can be read without decoding others.
    bool single_reads_are_cheap() const;
    /// Place of image `sample` among the reader's images in the array's C order: the row that its label has.
    std::int64_t row(std::int64_t sample) const;

    /// Block `number` into `out`, its images one after the other from the beginning; more may lie behind them.
    /// Throws DataError with the chunk and the reason, not with file and data set.
    void read_block(std::int64_t number, std::vector<std::uint8_t>& out, ArrayScratch& scratch) const;
    /// One image straight to `to`, of image_bytes(), if it lies in the file, or alone in a chunk, as it is wanted; else
    /// false.
    bool read_straight(std::int64_t sample, std::span<std::uint8_t> to, ArrayScratch& scratch) const;
    /// One image into `out`; decodes its whole block unless single reads are cheap.
    void read_one(std::int64_t sample, std::vector<std::uint8_t>& out, ArrayScratch& scratch) const;

  private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

} // namespace tacit::shards
