// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "pipeline/shards/import/write/plan.hpp"
#include "pipeline/shards/statistics/pixel_sums.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace tacit::shards {

/// By which a file is taken to be unchanged.
struct FileState {
    std::uint64_t bytes = 0;
    std::int64_t modified = 0; ///< nanoseconds since 1970
    bool operator==(const FileState&) const = default;
};

/// nullopt if there is no such file.
std::optional<FileState> state_of(const std::string& path);

/// One whole shard in the folder of an import.
struct ShardRecord {
    std::string split;
    int number = 0;
    std::int64_t begin = 0; ///< the shard holds what could be read of the source's images [begin, end)
    std::int64_t end = 0;
    std::int64_t images = 0;          ///< in the shard
    std::int64_t bytes = 0;           ///< of their data
    std::vector<std::string> skipped; ///< "file: reason" of those that could not be read
    std::uint64_t pixels = 0;         ///< sums over the images [0, end) of the split
    std::vector<PixelSums::Channel> sums;
    FileState file;
    bool sealed = false;
};

/// What decides over the bytes of a data set: options, and name, size and time of every file of the source.
std::string import_digest(const ImportOptions& options, const SourceInfo& source);

/// `journal` in the folder of an import: one JSON object a line, each synced to disk before the import goes on.
class ImportJournal {
  public:
    explicit ImportJournal(const std::string& folder);

    /// Takes up the journal that an interrupted import left. "" on success; otherwise why it cannot be gone on from,
    /// and the journal is as good as empty.
    std::string resume(const std::string& digest);
    /// Begins a new journal. Throws IoError.
    void begin(const std::string& digest, const ImportPlan& plan);
    /// Adds a shard, or replaces the record of the same split and number. Throws IoError.
    void put(const ShardRecord& record);
    /// Throws IoError.
    void remove();

    const ImportPlan& plan() const { return plan_; }
    /// In the order in which shards are written: split by split.
    const std::vector<ShardRecord>& records() const { return records_; }
    std::vector<ShardRecord> records_of(const std::string& split) const;

  private:
    void remember(const ShardRecord& record);

    std::string path_;
    ImportPlan plan_;
    std::vector<ShardRecord> records_;
};

} // namespace tacit::shards
