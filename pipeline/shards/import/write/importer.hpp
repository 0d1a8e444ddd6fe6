// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "pipeline/base/log.hpp"
#include "pipeline/shards/format/shard_writer.hpp"
#include "pipeline/shards/import/write/journal.hpp"
#include "pipeline/shards/import/write/prepare.hpp"
#include "pipeline/shards/import/write/stage.hpp"

#include <chrono>
#include <functional>
#include <map>
#include <memory>

namespace tacit::shards {

/// One import from its source to the published folder.
class Importer {
  public:
    /// Opens the source. `options` and `progress` must outlive the object. Throws as import_images() does.
    Importer(const ImportOptions& options, const ProgressFn& progress);
    /// Call once. Throws as import_images() does.
    ImportSummary run();

  private:
    struct Slot {
        PreparedImage image;
        std::string failure;
    };
    using Take = std::function<void(std::int64_t image, const Slot& slot)>;

    void take_up(ImportStage& stage);
    void start_over(ImportStage& stage, const std::string& digest, const std::string& reason);
    void check_records();
    void write_split(const SourceSplit& split);
    void redo(ShardRecord record);
    void seal_all();
    void summarise();
    SplitDescription description(const std::string& split) const;
    std::string path_of(const ShardRecord& record) const;
    /// Calls take() for the images [begin, end) of the source in their order.
    void each_image(std::int64_t begin, std::int64_t end, const Take& take);
    void prepare(std::int64_t image, int worker, Slot& slot);
    /// Throws the Error that ends a stopped import.
    void stop_if_asked() const;
    void report();
    void note(std::string line);

    const ImportOptions& options_;
    const ProgressFn& progress_;
    log::HeardWarnings heard_; ///< also while the source is opened
    std::unique_ptr<ImageSource> source_;
    std::string folder_;
    std::unique_ptr<ImportJournal> journal_;
    std::unique_ptr<ImagePreparer> preparer_;
    std::vector<ImagePreparer::Scratch> scratch_;
    std::vector<Slot> slots_;
    std::size_t largest_ = 0; ///< bytes of the largest image so far
    std::map<std::string, PixelSums> sums_;
    ImportSummary summary_;
    std::int64_t total_ = 0;
    std::int64_t done_ = 0;
    std::chrono::steady_clock::time_point reported_{};
};

} // namespace tacit::shards
