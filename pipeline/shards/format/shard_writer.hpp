// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "augment/image.hpp"
#include "pipeline/shards/format/format.hpp"
#include "pipeline/shards/read/element.hpp"

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
    Element element = Element::u8; ///< of raw images; of what encoded ones decode to: u8 or u16
};

/// What is known about a data set only when all of it has been read.
struct SplitTotals {
    std::vector<double> mean; ///< per channel, see format.hpp
    std::vector<double> std;
    std::vector<double> value_range; ///< see format.hpp; empty: integers that span their type
    std::int64_t images = 0;         ///< in all shards of the split
};

/// Makes a written file a shard: adds its last attributes and syncs it to disk. Throws IoError.
void seal_shard(const std::string& path, const SplitTotals& totals);

/// Writes the shards of one split into a folder, image by image. The files become readable as shards
/// only when they have been sealed.
class ShardWriter {
  public:
    /// `first_shard`: number of the first file, where earlier ones exist.
    ShardWriter(std::string folder, SplitDescription description, std::int64_t shard_bytes = kShardBytes,
                int first_shard = 0);

    /// `bytes` as stored (raw: HWC values of the split's type, little-endian), with their CRC-32C. Begins another shard
    /// when the image does not fit. Throws IoError when a full shard cannot be written.
    void add(std::span<const std::uint8_t> bytes, std::uint32_t checksum, std::int32_t label, std::uint64_t id);
    /// Whether another image of that many bytes goes into the current shard.
    bool fits(std::size_t bytes) const { return labels_.empty() || bytes_.size() + bytes <= shard_bytes_; }
    /// Ends the current shard: writes it, if it holds anything. Throws IoError.
    void flush();
    /// flush(), then seals every shard that this writer wrote. Throws IoError.
    void seal(const std::vector<double>& mean, const std::vector<double>& std);

    std::int64_t images() const { return total_; }
    const std::vector<std::string>& files() const { return files_; }

  private:
    /// `file`: an HDF5 identifier, kept out of this header's types.
    void write_data(std::int64_t file, const std::string& path) const;
    void write_description(std::int64_t file, const std::string& path) const;

    std::string folder_;
    SplitDescription description_;
    std::size_t shard_bytes_;
    int first_shard_;
    std::int64_t total_ = 0;
    std::vector<std::string> files_;
    std::vector<std::uint8_t> bytes_;
    std::vector<std::uint64_t> offsets_{0};
    std::vector<std::int32_t> labels_;
    std::vector<std::uint64_t> ids_;
    std::vector<std::uint32_t> checksums_;
};

} // namespace tacit::shards
