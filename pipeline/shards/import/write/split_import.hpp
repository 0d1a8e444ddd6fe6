// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "pipeline/shards/format/shard_writer.hpp"
#include "pipeline/shards/import/write/journal.hpp"
#include "pipeline/shards/import/write/prepare.hpp"

namespace tacit::shards {

/// Writes the images of one split into shards, in their order, and notes every whole shard in the journal.
class SplitImport {
  public:
    /// Goes on after the shards of the split that the journal knows. `journal` must outlive the object.
    SplitImport(const std::string& folder, const SplitDescription& description, std::int64_t shard_bytes,
                ImportJournal& journal);

    /// The first image that is still to be added.
    std::int64_t begin() const { return next_.begin; }
    /// An image that cannot be read: "file: reason".
    void skip(const std::string& failure);
    /// Adds image `index` of the source. Returns whether that ended a shard. Throws IoError.
    bool add(std::int64_t index, const PreparedImage& image, std::int32_t label, std::uint64_t id);
    /// All images up to `end` were added or skipped. Throws IoError.
    void finish(std::int64_t end);

    /// Over the images of all shards.
    const PixelSums& sums() const { return sums_; }
    /// "there are none" if none was skipped.
    std::string first_skipped() const;

  private:
    void end_shard(std::int64_t end);

    std::string folder_;
    ImportJournal& journal_;
    ShardRecord next_; ///< the shard being filled
    PixelSums sums_;
    ShardWriter writer_;
};

} // namespace tacit::shards
