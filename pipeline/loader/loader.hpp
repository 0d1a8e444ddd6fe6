// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "augment/recipe/recipe.hpp"
#include "pipeline/loader/bad_samples.hpp"
#include "pipeline/loader/batch.hpp"
#include "pipeline/loader/loader_options.hpp"
#include "pipeline/shards/dataset.hpp"

#include <cstdint>
#include <memory>
#include <vector>

namespace tacit::loader {

/// Counters since construction, for progress lines and benches.
struct LoaderStats {
    double wait_seconds = 0;           ///< consumer blocked in next()
    double worker_seconds = 0;         ///< CPU time of the workers
    std::int64_t samples = 0;          ///< delivered
    std::int64_t block_loads = 0;      ///< blocks read and decoded
    std::int64_t peak_block_bytes = 0; ///< most memory that blocks took at any time
};

/// Streams this rank's slice of every global batch, in order, from worker threads that decode each
/// sample once and write all its views straight into a ring of batch slots. Rank r of R takes the
/// r-th contiguous slice of each global batch. Except under Shuffle::full, samples come out of blocks that
/// are loaded once for all their samples in a window. Nothing allocates in the steady state.
///
/// Under Shuffle::window with W blocks in memory, w = max(1, W / lanes) in a window and m images a block, blocks
/// number at most max(W, lanes) + slots * global_batch / m + w + lanes at any time, of which a rank holds those of
/// its lanes. If W is all blocks, a rank holds all.
class Loader {
  public:
    /// `dataset` and `recipe` must outlive the loader. Throws ConfigError when ranks do not divide the
    /// batch, the data set holds less than one batch, or its images have more than 8 bits and the recipe has an
    /// operation that does not take them; std::logic_error for options out of range.
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
    /// Whether next() would return at once.
    bool ready() const;
    LoaderStats stats() const;
    /// Those that were met and skipped (OnBadSample::skip), ascending.
    std::vector<BadSample> bad_samples() const;

  private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

} // namespace tacit::loader
