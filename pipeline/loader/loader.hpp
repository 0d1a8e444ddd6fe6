// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "augment/recipe.hpp"
#include "pipeline/loader/batch.hpp"
#include "pipeline/shards/dataset.hpp"

#include <cstdint>
#include <memory>

namespace tacit::loader {

struct LoaderOptions {
    std::uint64_t seed = 1;
    std::int64_t global_batch = 128; ///< samples per global batch, divisible by ranks
    int rank = 0;
    int ranks = 1;
    int workers = 1; ///< decode + augment threads of this rank
    int slots = 3;   ///< batches in the ring, >= 2
    bool shuffle = true;
    bool drop_last = true; ///< false: the last batch is shorter and ranks' counts may differ or be 0
    /// Draw augmentations with this epoch always (evaluation); < 0: the epoch being read.
    std::int64_t fixed_epoch = -1;
    /// Samples to visit; empty: all of the data set. Positions index into this list.
    std::vector<std::int64_t> subset;
};

/// Counters since construction, for progress lines and benches.
struct LoaderStats {
    double wait_seconds = 0;   ///< consumer blocked in next()
    double worker_seconds = 0; ///< CPU time of the workers
    std::int64_t samples = 0;  ///< delivered
};

/// Streams this rank's slice of every global batch, in order, from worker threads that decode each
/// sample once and write all its views straight into a ring of batch slots. Rank r of R takes the
/// r-th contiguous slice of each global batch. Nothing allocates in the steady state.
class Loader {
  public:
    /// `dataset` and `recipe` must outlive the loader. Throws ConfigError when ranks do not divide the
    /// batch or the data set holds less than one batch.
    Loader(const shards::Dataset& dataset, const augment::Recipe& recipe, const LoaderOptions& options);
    ~Loader();
    Loader(const Loader&) = delete;
    Loader& operator=(const Loader&) = delete;

    std::int64_t batches_per_epoch() const;
    /// Continue at the given global batch; nothing is replayed.
    void seek(std::int64_t epoch, std::int64_t batch);
    /// The next batch, crossing epoch ends; valid until the following next() or seek(). Rethrows a
    /// worker's exception (DataError names the sample).
    const Batch& next();
    LoaderStats stats() const;

  private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

} // namespace tacit::loader
