// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "pipeline/loader/loader_options.hpp"
#include "pipeline/loader/order/epoch_order.hpp"
#include "pipeline/shards/dataset.hpp"

#include <cstdint>
#include <vector>

namespace tacit::loader {

/// Which sample of a data set, in which of its blocks, stands where in the epochs: the three kinds of Shuffle,
/// over all samples or a subset.
class ReadingOrder {
  public:
    /// Throws std::logic_error for a subset that the data set does not hold.
    ReadingOrder(const shards::Dataset& dataset, const LoaderOptions& options);
    ReadingOrder(const ReadingOrder&) = delete;
    ReadingOrder& operator=(const ReadingOrder&) = delete;

    /// Visited in an epoch if none is dropped.
    std::int64_t samples() const { return samples_; }
    std::int64_t batches_per_epoch() const;
    /// Makes at() and after() ready for `epoch`; they stay ready for the options.slots - 1 epochs before it.
    void enter(std::int64_t epoch);
    /// What stands at `position` of a global batch.
    Visit at(std::int64_t epoch, std::int64_t batch, std::int64_t position) const;
    /// What stands in for `place` when the sample of `tried`, which is `place` at first, is bad; `place` again when
    /// nothing is left.
    Visit after(std::int64_t epoch, const Visit& place, const Visit& tried) const;

  private:
    bool worth_blocks() const;
    void cut_blocks();
    const EpochOrder& windows(std::int64_t epoch) const;
    Visit in_sequence(std::int64_t epoch, std::int64_t position) const;
    std::int64_t picked(std::int64_t position) const;
    Visit of_data_set(Visit visit) const;

    const shards::Dataset& dataset_;
    LoaderOptions options_;
    std::int64_t samples_;
    std::vector<std::int64_t> starts_;  ///< positions at which blocks begin, and the end; empty without blocks
    std::vector<std::int64_t> numbers_; ///< of those blocks in the data set
    std::vector<EpochOrder> epochs_;    ///< of epoch e at e % slots
};

} // namespace tacit::loader
