// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory_resource>
#include <vector>

namespace tacit::loader {

/// In which order the samples of an epoch are visited.
enum class Shuffle {
    none,  ///< as they are stored
    full,  ///< any sample at any time, each read alone
    window ///< permuted blocks, permuted samples within windows of blocks that are in memory (EpochOrder)
};

/// What becomes of a sample that cannot be read or decoded, or whose views cannot be made.
enum class OnBadSample {
    fail, ///< the consumer gets the DataError that names it
    skip  ///< the next sample of its window (Shuffle::full, or all of the window are bad: of the epoch) stands in;
          ///< under Shuffle::none its place stays empty: id and label -1, pixels of any value
};

struct LoaderOptions {
    std::uint64_t seed = 1;
    std::int64_t global_batch = 128; ///< samples per global batch, divisible by ranks
    int rank = 0;
    int ranks = 1;
    int workers = 1; ///< decode + augment threads of this rank
    int slots = 3;   ///< batches in the ring, >= 2
    /// Of the views' pixels, masks and targets: e.g. memory that a GPU copies from. Asked on the consumer's thread.
    std::pmr::memory_resource* memory = std::pmr::get_default_resource();
    Shuffle shuffle = Shuffle::full;
    std::int64_t window = 64; ///< of Shuffle::window: blocks in memory, shared out over the ranks
    std::int64_t lanes = 8;   ///< of Shuffle::window: see EpochOrder
    /// false: the last batch is shorter and ranks' counts may differ or be 0. Not for Shuffle::window.
    bool drop_last = true;
    /// An epoch has a multiple of so many batches, those of a step that accumulates; the rest is dropped. With
    /// drop_last.
    std::int64_t batches_together = 1;
    OnBadSample on_bad_sample = OnBadSample::fail;
    std::int64_t max_bad_samples = 100; ///< distinct ones that this rank may skip
    /// Draw augmentations with this epoch always (evaluation); < 0: the epoch being read.
    std::int64_t fixed_epoch = -1;
    /// Samples to visit; empty: all of the data set. Shuffle::none visits them in this order; the order of
    /// Shuffle::full depends on it, that of Shuffle::window does not.
    std::vector<std::int64_t> subset;
};

} // namespace tacit::loader
