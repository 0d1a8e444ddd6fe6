// SPDX-License-Identifier: Apache-2.0
#include "pipeline/shards/import/write/split_import.hpp"

#include "pipeline/base/files.hpp"
#include "pipeline/shards/format/shard_files.hpp"

#include <utility>

namespace tacit::shards {
namespace {

ShardRecord first_record(const ImportJournal& journal, const std::string& split) {
    ShardRecord next;
    next.split = split;
    if (const std::vector<ShardRecord> records = journal.records_of(split); !records.empty()) {
        next.number = records.back().number + 1;
        next.begin = records.back().end;
    }
    return next;
}

PixelSums sums_so_far(const ImportJournal& journal, const std::string& split) {
    const std::vector<ShardRecord> records = journal.records_of(split);
    const ImportPlan& plan = journal.plan();
    return records.empty() ? PixelSums(plan.shape.channels, plan.element)
                           : PixelSums(plan.element, records.back().pixels, records.back().sums);
}

} // namespace

SplitImport::SplitImport(const std::string& folder, const SplitDescription& description, std::int64_t shard_bytes,
                         ImportJournal& journal)
    : folder_(folder), journal_(journal), next_(first_record(journal, description.split)),
      sums_(sums_so_far(journal, description.split)), writer_(folder, description, shard_bytes, next_.number) {}

void SplitImport::skip(const std::string& failure) {
    next_.skipped.push_back(failure);
}

bool SplitImport::add(std::int64_t index, const PreparedImage& image, std::int32_t label, std::uint64_t id) {
    const bool full = !writer_.fits(image.bytes.size());
    if (full) {
        end_shard(index);
    }
    writer_.add(image.bytes, image.checksum, label, id);
    sums_.add(*image.sums);
    ++next_.images;
    next_.bytes += static_cast<std::int64_t>(image.bytes.size());
    return full;
}

void SplitImport::finish(std::int64_t end) {
    if (next_.images > 0) {
        end_shard(end);
    }
}

void SplitImport::end_shard(std::int64_t end) {
    writer_.flush();
    const std::string path = shard_path(folder_, next_.split, next_.number);
    fsync_path(path);
    next_.end = end;
    next_.pixels = sums_.pixels();
    next_.sums = sums_.channels();
    next_.file = state_of(path).value_or(FileState());
    journal_.put(next_);
    ShardRecord after;
    after.split = next_.split;
    after.number = next_.number + 1;
    after.begin = end;
    next_ = std::move(after);
}

std::string SplitImport::first_skipped() const {
    return next_.skipped.empty() ? "there are none" : next_.skipped.front();
}

} // namespace tacit::shards
