// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "pipeline/base/error.hpp"
#include "pipeline/shards/index/dataset_index.hpp"
#include "pipeline/shards/read/file_bytes.hpp"
#include "pipeline/shards/read/part_reader.hpp"

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace tacit::shards {

/// An array or list of images in one file: its reader, and where its images stand in the data set.
struct DatasetPart {
    const FileIndex* file = nullptr;
    const ImagePart* images = nullptr;
    std::unique_ptr<PartReader> reader;
    std::int64_t first = 0;       ///< data set index of its first image
    std::int64_t first_block = 0; ///< data set number of its first block
    std::int64_t file_row = 0;    ///< rows of the files before
    bool levels = false;          ///< pixels are stored as the 8-bit levels that they mean
    /// Where a split takes only some images: their numbers in the part, and those of the blocks that hold them.
    std::vector<std::int64_t> chosen;
    std::vector<std::int64_t> chosen_blocks;

    bool partial() const { return !file->chosen.empty(); }
    /// Row of the file's labels and checksums that an image of the part has.
    std::int64_t row(std::int64_t image) const { return images->first_row + reader->row(image); }
    /// Number in the part of an image or block of the data set.
    std::int64_t image(std::int64_t index) const;
    std::int64_t block(std::int64_t number) const;
    /// "FILE: DATA SET", for messages.
    std::string name() const;
    /// Black and white of its numbers. Throws ConfigError where they are not known.
    const std::vector<double>& range() const;
    /// Number of image `index` of the data set among all images of the array or list that name() names.
    std::int64_t place(std::int64_t index) const { return images->first + reader->row(image(index)); }
};

/// The files and parts of a data set, and which of them holds an image.
class DatasetParts {
  public:
    /// Opens every file. `index` must outlive this. Throws DataError/IoError naming file and data set.
    explicit DatasetParts(const DatasetIndex& index);

    std::int64_t size() const { return size_; }
    /// Of every image, -1 where unlabelled.
    const std::vector<std::int32_t>& labels() const { return labels_; }
    std::vector<std::int32_t>& labels() { return labels_; }
    /// Block b holds the images [block_starts()[b], block_starts()[b + 1]).
    const std::vector<std::int64_t>& block_starts() const { return block_starts_; }
    bool single_reads_are_cheap() const { return cheap_; }
    /// See Dataset::places().
    std::vector<std::int64_t> places() const;
    /// The part that holds image `index`. Throws std::out_of_range.
    const DatasetPart& part_of(std::int64_t index) const;
    /// Hex digest of what tells data sets apart: sizes, labels and checksums, or, where files store none, some images.
    std::pair<std::string, std::string> fingerprints() const;
    std::vector<FileBytes*> files();

    /// Throws DataError: where image `index` is, then what is wrong with it.
    [[noreturn]] void fail(std::int64_t index, const Error& error) const;
    /// The same for all images of block `number`.
    [[noreturn]] void fail_block(std::int64_t number, const Error& error) const;

  private:
    void add(const FileIndex& file, std::int64_t rows_before);
    void add_block(DatasetPart& part, std::int64_t number, std::int64_t first, std::int64_t end);
    const FileBytes& open_file(const std::string& path);

    const DatasetIndex* index_;
    std::map<std::string, FileBytes> files_;
    std::vector<DatasetPart> parts_;
    std::int64_t size_ = 0;
    std::vector<std::int32_t> labels_;
    std::vector<std::int64_t> block_starts_{0};
    bool cheap_ = true;
};

} // namespace tacit::shards
