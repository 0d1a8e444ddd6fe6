// SPDX-License-Identifier: Apache-2.0
#include "pipeline/shards/import/write/block_shelf.hpp"

namespace tacit::shards {

std::shared_ptr<BlockShelf::Entry> BlockShelf::entry(std::int64_t number) {
    const std::lock_guard lock(mutex_);
    if (const auto found = places_.find(number); found != places_.end()) {
        entries_.splice(entries_.begin(), entries_, found->second);
        return entries_.front();
    }
    entries_.push_front(std::make_shared<Entry>());
    entries_.front()->number = number;
    places_.emplace(number, entries_.begin());
    if (entries_.size() > capacity_) {
        places_.erase(entries_.back()->number);
        entries_.pop_back();
    }
    return entries_.front();
}

std::shared_ptr<const Block> BlockShelf::get(std::int64_t number, ArrayScratch& scratch) {
    const std::shared_ptr<Entry> wanted = entry(number);
    const std::lock_guard lock(wanted->mutex);
    if (!wanted->block) {
        auto block = std::make_shared<Block>();
        dataset_.load(number, *block, scratch);
        wanted->block = std::move(block);
    }
    return wanted->block;
}

} // namespace tacit::shards
