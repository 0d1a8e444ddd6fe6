// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "augment/image.hpp"
#include "augment/recipe/recipe.hpp"
#include "augment/scratch.hpp"
#include "pipeline/shards/data_spec.hpp"
#include "pipeline/shards/dataset_info.hpp"
#include "pipeline/shards/index/dataset_index.hpp"
#include "pipeline/shards/read/element.hpp"
#include "pipeline/shards/read/part_reader.hpp"
#include "pipeline/shards/stage/staging.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace tacit::shards {

/// Storage that decoded samples are written into; one per worker thread.
struct SampleBuffer {
    std::vector<std::uint8_t> encoded;     ///< bytes as stored
    std::vector<std::uint8_t> wide;        ///< decoded pixels of 16 bits
    augment::Scratch<std::uint8_t> pixels; ///< decoded HWC image
    augment::Scratch<float> floats;        ///< the same as floats
    /// Where an image of DatasetInfo::shape may be read or decoded to at once, if that saves a copy; nullptr: nowhere.
    std::uint8_t* target = nullptr;
    ArrayScratch scratch;
};

/// Consecutive images that are stored, and hence read and decoded, together: a row of HDF5 chunks, or up to a
/// mebibyte of images that lie side by side. Held by the loader while its images are being visited.
struct Block {
    std::int64_t number = -1;
    std::int64_t first = 0;          ///< data set index of its first image
    std::vector<std::uint8_t> bytes; ///< stored pixels after filters, or JPEG and PNG files as stored
};

/// A read-only set of images with labels, spread over one or more HDF5 shards. Indexed once with
/// libhdf5; after that images are read with pread and decoded without HDF5's global lock.
/// Thread-safe after construction.
class Dataset {
  public:
    /// Indexes and opens. Throws DataError/IoError naming the file and data set, and listing the splits that exist.
    static Dataset open(const DataSpec& spec, const std::string& split);
    /// With everything but the path guessed: an .h5 file, or a folder that holds `<split>-*.h5`.
    static Dataset open(const std::string& path, const std::string& split);
    /// What was indexed elsewhere, for instance by another rank.
    explicit Dataset(DatasetIndex index);
    Dataset(Dataset&&) noexcept;
    Dataset& operator=(Dataset&&) noexcept;
    ~Dataset();

    const DatasetInfo& info() const;
    /// Class index per image, -1 where unlabelled. Size info().size.
    const std::vector<std::int32_t>& labels() const;
    /// "FILE: DATA SET: image 12", for messages. The image's number is that in its part of the file.
    std::string name(std::int64_t index) const;
    /// Of every image, its place in the order of the files: a scan in chunks is read chunk by chunk. Empty if that is
    /// its number.
    std::vector<std::int64_t> places() const;
    /// Image `index` as it is stored, in interleaved order and native bytes. Verifies its checksum. Throws as read().
    StoredImage stored(std::int64_t index, SampleBuffer& buffer) const;
    /// Reads and decodes image `index` into `buffer`; the view points into it, or is buffer.target. Pixels of other
    /// types than u8 become u8 by the value range (to_u8); ConfigError where none is known. Verifies the image's
    /// checksum where the shard has one. Throws DataError naming file, data set and image.
    augment::ImageView read(std::int64_t index, SampleBuffer& buffer) const;
    /// As much of the same as `views` read: of a JPEG, nothing else is decoded, nor noticed if it is damaged.
    augment::ImageWindow read(std::int64_t index, const augment::SampleViews& views, SampleBuffer& buffer) const;
    /// The same as floats (to_float), for images of more than 8 bits.
    augment::FloatImageView read_floats(std::int64_t index, SampleBuffer& buffer) const;

    /// Has JPEG and PNG files of others read as RGB or 16 bits where those of `other`, a split that this one is used
    /// beside, are: the headers of one split tell nothing of the next. Never the other way. Call it first of all.
    void read_as(const DatasetInfo& other);
    /// Gives classes the numbers that they have in `classes`, a split's that this one is used beside: files may number
    /// theirs each for itself. Where one list begins with the other nothing changes. Throws DataError if an image is of
    /// a class that `classes` lacks.
    void number_classes_as(const std::vector<std::string>& classes);

    /// Whether read() of an image costs no more than the image's part of load(). False where an image lies in an HDF5
    /// chunk with others, all of which must be decoded for it alone.
    bool single_reads_are_cheap() const;

    /// Where blocks begin: block b holds the images [block_starts()[b], block_starts()[b + 1]).
    const std::vector<std::int64_t>& block_starts() const;
    /// Reads block `number`. Throws DataError naming file, data set and images if it cannot be read or decoded as a
    /// whole; what is wrong with a single image shows in image().
    void load(std::int64_t number, Block& into, ArrayScratch& scratch) const;
    /// Image `index` of a loaded block; the view points into block or buffer. Equals read(index). Throws DataError.
    augment::ImageView image(const Block& block, std::int64_t index, SampleBuffer& buffer) const;
    /// As much of the same as `views` read.
    augment::ImageWindow image(const Block& block, std::int64_t index, const augment::SampleViews& views,
                               SampleBuffer& buffer) const;
    /// Equals read_floats(index).
    augment::FloatImageView floats(const Block& block, std::int64_t index, SampleBuffer& buffer) const;
    /// The same as it is stored; the bytes lie in the block. Verifies its checksum. Throws DataError.
    StoredImage stored(const Block& block, std::int64_t index) const;
    /// The same as numbers of info().element: JPEG and PNG decoded, no value range applied. Throws DataError.
    StoredImage values(const Block& block, std::int64_t index, SampleBuffer& buffer) const;

    /// Copies the files in the background, and reads each from its copy as soon as that is whole and verified: see
    /// Staging. Once only.
    void stage(StagingOptions options);
    /// nullptr unless stage() was called.
    Staging* staging() const;

  private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

} // namespace tacit::shards
