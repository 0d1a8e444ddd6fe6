// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "pipeline/shards/dataset.hpp"

#include <cstddef>
#include <cstdint>
#include <list>
#include <memory>
#include <mutex>
#include <unordered_map>

namespace tacit::shards {

/// The blocks of a data set that were asked for last, each loaded once for all threads that ask for it.
class BlockShelf {
  public:
    /// `dataset` must outlive the shelf.
    BlockShelf(const Dataset& dataset, std::size_t capacity) : dataset_(dataset), capacity_(capacity) {}
    /// Block `number`. Throws as Dataset::load() does, to every thread that asks.
    std::shared_ptr<const Block> get(std::int64_t number, ArrayScratch& scratch);

  private:
    struct Entry {
        std::int64_t number = -1;
        std::mutex mutex; ///< held while the block is being loaded
        std::shared_ptr<Block> block;
    };
    std::shared_ptr<Entry> entry(std::int64_t number);

    const Dataset& dataset_;
    std::size_t capacity_;
    std::mutex mutex_;
    std::list<std::shared_ptr<Entry>> entries_; ///< the one asked for last comes first
    std::unordered_map<std::int64_t, std::list<std::shared_ptr<Entry>>::iterator> places_; ///< by number
};

} // namespace tacit::shards
