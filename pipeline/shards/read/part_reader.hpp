// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "pipeline/shards/read/chunk_reader.hpp"
#include "pipeline/shards/read/file_bytes.hpp"
#include "pipeline/shards/read/image_part.hpp"

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

/// One image as it is stored: pixels in this machine's byte order, interleaved (HWC), or a JPEG or PNG file (shape 0).
struct StoredImage {
    std::span<const std::uint8_t> bytes;
    augment::ImageShape shape;
    Element element = Element::u8;
};

/// Reads the images of an ImagePart, alone or in blocks of images that are stored together: what one row of chunks
/// holds stands together, and images are numbered in the order of their blocks. With one N axis that is the order of
/// the array. Thread-safe.
class PartReader {
  public:
    virtual ~PartReader() = default;
    /// Block b holds the part's images [block_starts()[b], block_starts()[b + 1]).
    virtual const std::vector<std::int64_t>& block_starts() const = 0;
    /// Whether one image can be read without decoding others.
    virtual bool single_reads_are_cheap() const = 0;
    /// Row of the labels that image `index` has, counted from the part's first: its place in the array's C order.
    virtual std::int64_t row(std::int64_t index) const = 0;
    /// Block `number`, its images one after the other from the beginning; more may lie behind them. Throws DataError
    /// with the chunk and the reason alone, like all below.
    virtual void read_block(std::int64_t number, std::vector<std::uint8_t>& out, ArrayScratch& scratch) const = 0;
    /// Image `index` of block `number` that read_block() put into `block`.
    virtual StoredImage in_block(std::int64_t number, std::int64_t index,
                                 std::span<const std::uint8_t> block) const = 0;
    /// Reads an image that lies in the file, or is its only one in a chunk, as StoredImage has it straight to `to`, of
    /// its size; false if it lies otherwise.
    virtual bool read_straight(std::int64_t index, std::span<std::uint8_t> to, ArrayScratch& scratch) const = 0;
    /// Decodes its whole block unless single reads are cheap.
    virtual StoredImage read_one(std::int64_t index, std::vector<std::uint8_t>& out, ArrayScratch& scratch) const = 0;
};

/// `part` and `file`, the part's own, must outlive the reader. Throws DataError, with the reason alone, if the part
/// does not fit the file, or its axes do not fit its array.
std::unique_ptr<PartReader> make_part_reader(const ImagePart& part, const FileBytes& file);
/// The same of a part that is an array.
std::unique_ptr<PartReader> make_array_reader(const ImagePart& part, const FileBytes& file);

} // namespace tacit::shards
