// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "pipeline/shards/array_reader.hpp"
#include "pipeline/shards/image_part.hpp"

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

namespace tacit::shards {

/// One image as it is stored: pixels in this machine's byte order, interleaved (HWC), or a JPEG or PNG file (shape 0).
struct StoredImage {
    std::span<const std::uint8_t> bytes;
    augment::ImageShape shape;
    Element element = Element::u8;
};

/// Reads the images of an ImagePart, alone or in blocks of images that are stored together. Thread-safe.
class PartReader {
  public:
    virtual ~PartReader() = default;
    /// Block b holds the part's images [block_starts()[b], block_starts()[b + 1]).
    virtual const std::vector<std::int64_t>& block_starts() const = 0;
    virtual bool single_reads_are_cheap() const = 0;
    /// Row of the labels that image `index` has, counted from the part's first.
    virtual std::int64_t row(std::int64_t index) const = 0;
    /// Throws DataError with the reason alone, like all below.
    virtual void read_block(std::int64_t number, std::vector<std::uint8_t>& out, ArrayScratch& scratch) const = 0;
    /// Image `index` of block `number` that read_block() put into `block`.
    virtual StoredImage in_block(std::int64_t number, std::int64_t index,
                                 std::span<const std::uint8_t> block) const = 0;
    /// Reads an image that lies in the file, or is its only one in a chunk, as StoredImage has it straight to `to`, of
    /// its size; false if it lies otherwise.
    virtual bool read_straight(std::int64_t index, std::span<std::uint8_t> to, ArrayScratch& scratch) const = 0;
    virtual StoredImage read_one(std::int64_t index, std::vector<std::uint8_t>& out, ArrayScratch& scratch) const = 0;
};

/// `part` and `file`, the part's own, must outlive the reader.
std::unique_ptr<PartReader> make_part_reader(const ImagePart& part, const FileBytes& file);

} // namespace tacit::shards
