// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "pipeline/loader/bad_samples.hpp"
#include "pipeline/loader/batch.hpp"
#include "pipeline/loader/block_cache.hpp"
#include "pipeline/loader/reading_order.hpp"

#include <cstdint>
#include <vector>

namespace tacit::loader {

/// Settles which samples stand in the batches of a ring, and reads them: alone, or out of blocks. Batches carry
/// the number that the ring gives them.
class SampleSource {
  public:
    /// `dataset` must outlive the source.
    SampleSource(const shards::Dataset& dataset, const LoaderOptions& options);

    const ReadingOrder& order() const { return order_; }
    /// Settles samples, ids and labels of this rank's share of the global batch batch.index of batch.epoch.
    void open(std::int64_t number, Batch& batch);
    /// What `views` read of sample `at` of an open batch, for any thread. Where the sample is bad and may be skipped,
    /// of the one that takes its place, and the batch's label and id become that one's, as does views.key.sample in any
    /// case. T: uint8, or float where the data set has floats(). Throws DataError.
    template <class T>
    augment::BasicImageWindow<T> read(std::int64_t number, std::int64_t at, Batch& batch, augment::SampleViews& views,
                                      shards::SampleBuffer& buffers);
    /// Batch `number`, whose samples have all been read, is done with.
    void release(std::int64_t number) { blocks_.release(number); }
    /// Numbers start again. Only while no thread works.
    void clear() { blocks_.clear(); }

    const BlockCache& blocks() const { return blocks_; }
    const BadSamples& bad_samples() const { return bad_; }

  private:
    struct Pick {
        Visit visit;
        BlockCache::Entry* block = nullptr;
    };
    std::vector<Pick>& picks(std::int64_t number) { return picks_[static_cast<std::size_t>(number) % picks_.size()]; }
    Pick pick(const Visit& visit, std::int64_t number, const Batch& batch);
    template <class T>
    augment::BasicImageWindow<T> pixels(const Pick& pick, const augment::SampleViews& views,
                                        shards::SampleBuffer& buffers);

    const shards::Dataset& dataset_;
    std::int64_t global_batch_;
    std::int64_t share_; ///< of this rank in a whole global batch
    int rank_;
    bool skip_;
    ReadingOrder order_;
    BlockCache blocks_;
    BadSamples bad_;
    std::vector<std::vector<Pick>> picks_; ///< of batch n at n % slots
};

} // namespace tacit::loader
