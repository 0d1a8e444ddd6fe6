// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "pipeline/base/error.hpp"
#include "pipeline/loader/bad_samples.hpp"
#include "pipeline/loader/batch.hpp"
#include "pipeline/loader/block_cache.hpp"
#include "pipeline/loader/order/reading_order.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
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
    /// Calls make(image) with what `views` read of sample `at` of an open batch, for any thread. Where the sample
    /// cannot be read, or make() throws a DataError, and it may be skipped, the same is done with the one that takes
    /// its place, whose label and id the batch gets, as does views.key.sample in any case; in stored order nothing
    /// takes its place, and its id and label are -1. T: uint8, or float where the data set has floats(). Throws
    /// DataError, which names file, data set and image.
    template <class T, class Make>
    void deliver(std::int64_t number, std::int64_t at, Batch& batch, augment::SampleViews& views,
                 shards::SampleBuffer& buffers, const Make& make);
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

    [[noreturn]] void fail(std::int64_t sample, const DataError& error) const;
    /// What is tried after a bad sample; nothing: its place stays empty.
    std::optional<Pick> stand_in(const Pick& settled, const Pick& bad, std::int64_t number, const Batch& batch);

    const shards::Dataset& dataset_;
    std::int64_t global_batch_;
    std::int64_t share_; ///< of this rank in a whole global batch
    int rank_;
    bool skip_;
    bool stand_ins_; ///< one takes the place of another
    ReadingOrder order_;
    BlockCache blocks_;
    BadSamples bad_;
    std::vector<std::vector<Pick>> picks_; ///< of batch n at n % slots
};

template <class T, class Make>
void SampleSource::deliver(std::int64_t number, std::int64_t at, Batch& batch, augment::SampleViews& views,
                           shards::SampleBuffer& buffers, const Make& make) {
    const auto place = static_cast<std::size_t>(at);
    const Pick settled = picks(number)[place];
    batch.ids[place] = batch.labels[place] = -1;
    for (std::optional<Pick> tried = settled; tried; tried = stand_in(settled, *tried, number, batch)) {
        const std::int64_t sample = tried->visit.sample;
        views.key.sample = static_cast<std::uint64_t>(sample);
        try {
            const auto image = pixels<T>(*tried, views, buffers);
            try {
                make(image);
            } catch (const DataError& error) {
                fail(sample, error);
            }
            batch.ids[place] = sample;
            batch.labels[place] = dataset_.labels()[static_cast<std::size_t>(sample)];
            return;
        } catch (const DataError& error) {
            if (!skip_) {
                throw;
            }
            bad_.note(sample, error.what());
        }
    }
}

} // namespace tacit::loader
