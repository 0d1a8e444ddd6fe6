// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <limits>
#include <span>
#include <vector>

namespace tacit::loader {

/// Of Visit::last_batch: the block stays for as long as the loader does.
constexpr std::int64_t kAlways = std::numeric_limits<std::int64_t>::max();

/// What stands at one place of an epoch.
struct Visit {
    std::int64_t sample = 0;
    std::int64_t block = -1;     ///< that holds the sample; -1: the sample is read alone
    std::int64_t last_batch = 0; ///< of the epoch that can need the block in this window
    std::int64_t sequence = 0;   ///< position in the epoch's sequence
};

/// What an order in windows depends on, besides the epoch and the blocks. The number of ranks is not part of it.
struct WindowOptions {
    std::uint64_t seed = 1;
    std::int64_t global_batch = 128;
    std::int64_t lanes = 8;   ///< wanted; the greatest common divisor with global_batch is what there is
    std::int64_t window = 64; ///< blocks in memory, over all lanes
};

/// What comes of them for a number of blocks.
struct Windows {
    std::int64_t lanes = 1;
    std::int64_t width = 1; ///< blocks in the window of a lane
};

/// One lane and one window if all blocks fit into it.
Windows windows_of(const WindowOptions& options, std::int64_t blocks);

/// The order of an epoch whose samples are visited block by block: blocks are permuted, some consecutive ones at
/// a time form a window, and the samples of a window are permuted. A pure function of (seed, epoch, where blocks
/// begin, global batch, lanes, window) with random access; its only arrays have one element a block.
///
/// The N samples of the permuted blocks are a sequence. R lanes own equal, consecutive parts of it, and every
/// global batch of G takes the next G/R samples of each, lane after lane: a rank's contiguous slice of the
/// batches comes from few lanes, and hence from few blocks. A lane's first window is shorter, by another share in
/// each lane, so that lanes do not all turn to new blocks at once. When the window holds all blocks there is
/// one lane and one window: a full shuffle out of memory.
///
/// After CorgiPile (Xu et al., "Stochastic Gradient Descent without Full Data Shuffle", 2022: shuffled blocks,
/// shuffled samples within a buffer of blocks) and the canonical nodes of MosaicML Streaming.
class EpochOrder {
  public:
    /// Block b holds the samples [block_starts[b], block_starts[b + 1]), none of them empty. `block_starts` must
    /// outlive the order.
    EpochOrder(std::span<const std::int64_t> block_starts, const WindowOptions& options, std::uint32_t epoch);
    /// Turns to another epoch; allocates nothing.
    void move_to(std::uint32_t epoch);
    std::uint32_t epoch() const { return epoch_; }

    /// Whole global batches in an epoch.
    std::int64_t batches() const { return samples_ / options_.global_batch; }
    /// What stands at `position` in [0, global_batch) of `batch` in [0, batches()).
    Visit at(std::int64_t batch, std::int64_t position) const;
    /// What may stand in for `place` after `tried`, which is `place` at first: the rest of the window cyclically, then
    /// what follows the window in the sequence. `place` again when nothing is left.
    Visit after(const Visit& place, const Visit& tried) const;

    struct Window {
        std::int64_t begin = 0; ///< in the sequence
        std::int64_t end = 0;
        std::int64_t last_batch = 0; ///< that takes from it, or kAlways
    };
    /// The window that a position of the sequence lies in.
    Window window_of(std::int64_t sequence) const;

  private:
    std::int64_t place_of(std::int64_t sequence) const;
    Visit visit(std::int64_t sequence, const Window& window) const;

    std::span<const std::int64_t> starts_;
    WindowOptions options_;
    std::uint32_t epoch_ = 0;
    std::int64_t samples_ = 0;
    std::int64_t lanes_ = 1;
    std::int64_t lane_length_ = 0;
    std::int64_t width_ = 1;                ///< blocks in a window
    std::vector<std::int64_t> blocks_;      ///< in the epoch's order
    std::vector<std::int64_t> begins_;      ///< of blocks_ in the sequence, and the end
    std::vector<std::int64_t> lane_places_; ///< index in blocks_ of each lane's first
};

} // namespace tacit::loader
