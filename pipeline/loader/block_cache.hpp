// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "pipeline/shards/dataset.hpp"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <exception>
#include <mutex>
#include <vector>

namespace tacit::loader {

/// The blocks of a data set that the batches in flight need. A block is loaded by the first thread that asks for
/// it, while others that need the same one wait and other blocks are loaded beside it; it goes when the last
/// batch that wanted it is released. Buffers are used again: after the first windows nothing is allocated.
class BlockCache {
  public:
    /// A block that is wanted; its address is a handle.
    class Entry {
        friend class BlockCache;
        enum class State { wanted, loaded, failed };
        std::int64_t number_ = -1;
        std::int64_t until_ = -1;
        std::mutex loading_;
        std::atomic<State> state_{State::wanted};
        std::exception_ptr error_;
        shards::Block block_;
    };

    explicit BlockCache(const shards::Dataset& dataset);

    /// Keeps block `number` until batch `until` is released; loads nothing. For any thread that works on a batch
    /// which is not yet released and not after `until`. The entry is the caller's until then.
    Entry& want(std::int64_t number, std::int64_t until);
    /// The block itself, loaded on the first call. `scratch` is what decoding needs, one a thread. Throws what
    /// Dataset::load() threw, again at every call.
    const shards::Block& get(Entry& entry, shards::ArrayScratch& scratch);
    /// Drops the blocks that no batch after `batch` wants. Batches are released in order.
    void release(std::int64_t batch);
    /// Drops all blocks but those that are wanted for always. Only while no thread works.
    void clear();

    /// Calls of Dataset::load().
    std::int64_t loads() const { return loads_.load(); }
    /// Memory of all buffers; as none is given back, this is their peak.
    std::int64_t bytes() const { return bytes_.load(); }

  private:
    template <class Predicate> void drop_if(const Predicate& drop);
    void load(Entry& entry, shards::ArrayScratch& scratch);

    const shards::Dataset& dataset_;
    std::mutex mutex_;          ///< of the containers below, and of Entry::until_
    std::deque<Entry> entries_; ///< all there are
    std::vector<Entry*> free_;
    std::vector<Entry*> in_use_;
    std::vector<Entry*> by_block_; ///< nullptr where a block is not wanted
    std::atomic<std::int64_t> loads_{0};
    std::atomic<std::int64_t> bytes_{0};
};

} // namespace tacit::loader
