// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "augment/image.hpp"
#include "pipeline/shards/format.hpp"

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace tacit::shards {

/// What every shard of a split says about itself.
struct SplitDescription {
    std::string split;
    Layout layout = Layout::raw;
    augment::ImageShape shape; ///< height = width = 0 when images differ (encoded layout only)
    std::vector<std::string> classes;
    std::string source;
};

/// Writes the shards of one split into a folder, image by image. The files become readable as shards
/// only when seal() has written their last attributes.
class ShardWriter {
  public:
    ShardWriter(std::string folder, SplitDescription description, std::int64_t shard_bytes = kShardBytes);

    /// `bytes` as stored, with their CRC-32C. Throws IoError when a full shard cannot be written.
    void add(std::span<const std::uint8_t> bytes, std::uint32_t checksum, std::int32_t label, std::uint64_t id);
    /// Writes what is left, then mean and std (per channel in [0, 1]), total and the format version into every
    /// shard, and syncs them to disk. Throws IoError.
    void seal(const std::vector<double>& mean, const std::vector<double>& std);

    std::int64_t images() const { return total_; }
    const std::vector<std::string>& files() const { return files_; }

  private:
    void flush();
    /// `file`: an HDF5 identifier, kept out of this header's types.
    void write_data(std::int64_t file, const std::string& path) const;
    void write_description(std::int64_t file, const std::string& path) const;

    std::string folder_;
    SplitDescription description_;
    std::size_t shard_bytes_;
    std::int64_t total_ = 0;
    std::vector<std::string> files_;
    std::vector<std::uint8_t> bytes_;
    std::vector<std::uint64_t> offsets_{0};
    std::vector<std::int32_t> labels_;
    std::vector<std::uint64_t> ids_;
    std::vector<std::uint32_t> checksums_;
};

} // namespace tacit::shards
