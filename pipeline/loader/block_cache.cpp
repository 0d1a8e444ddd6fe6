// SPDX-License-Identifier: Apache-2.0
#include "pipeline/loader/block_cache.hpp"

#include "pipeline/loader/order/epoch_order.hpp"

#include <algorithm>
#include <utility>

namespace tacit::loader {

BlockCache::BlockCache(const shards::Dataset& dataset)
    : dataset_(dataset), by_block_(dataset.block_starts().size() - 1, nullptr) {}

BlockCache::Entry& BlockCache::want(std::int64_t number, std::int64_t until) {
    const std::lock_guard lock(mutex_);
    Entry*& entry = by_block_[static_cast<std::size_t>(number)];
    if (entry == nullptr) {
        if (free_.empty()) {
            free_.push_back(&entries_.emplace_back());
        }
        entry = free_.back();
        free_.pop_back();
        in_use_.push_back(entry);
        entry->number_ = number;
        entry->until_ = until;
        entry->error_ = nullptr;
        entry->state_.store(Entry::State::wanted, std::memory_order_relaxed);
    }
    entry->until_ = std::max(entry->until_, until);
    return *entry;
}

const shards::Block& BlockCache::get(Entry& entry, shards::ArrayScratch& scratch) {
    if (entry.state_.load(std::memory_order_acquire) == Entry::State::wanted) {
        const std::lock_guard lock(entry.loading_);
        if (entry.state_.load(std::memory_order_relaxed) == Entry::State::wanted) {
            load(entry, scratch);
        }
    }
    if (entry.state_.load(std::memory_order_acquire) == Entry::State::failed) {
        std::rethrow_exception(entry.error_);
    }
    return entry.block_;
}

void BlockCache::load(Entry& entry, shards::ArrayScratch& scratch) {
    const std::size_t before = entry.block_.bytes.capacity();
    Entry::State state = Entry::State::loaded;
    try {
        dataset_.load(entry.number_, entry.block_, scratch);
    } catch (...) {
        entry.error_ = std::current_exception();
        state = Entry::State::failed;
    }
    bytes_ += static_cast<std::int64_t>(entry.block_.bytes.capacity()) - static_cast<std::int64_t>(before);
    ++loads_;
    entry.state_.store(state, std::memory_order_release);
}

template <class Predicate> void BlockCache::drop_if(const Predicate& drop) {
    const std::lock_guard lock(mutex_);
    for (std::size_t i = 0; i < in_use_.size();) {
        Entry* entry = in_use_[i];
        if (!drop(*entry)) {
            ++i;
            continue;
        }
        by_block_[static_cast<std::size_t>(entry->number_)] = nullptr;
        free_.push_back(entry);
        in_use_[i] = in_use_.back();
        in_use_.pop_back();
    }
}

void BlockCache::release(std::int64_t batch) {
    drop_if([batch](const Entry& entry) { return entry.until_ <= batch; });
}

void BlockCache::clear() {
    drop_if([](const Entry& entry) {
        return entry.until_ != kAlways || entry.state_.load(std::memory_order_relaxed) == Entry::State::failed;
    });
}

} // namespace tacit::loader
