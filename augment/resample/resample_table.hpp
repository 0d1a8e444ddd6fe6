// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "augment/resample/resample_taps.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace tacit::augment {

/// How a kernel of the horizontal pass takes the values (pixels times channels) of a row: `block` at a time, in
/// `groups` equal groups that each look through a window of 64 / groups source bytes. No block: it wants no RowPlan.
struct RowPlanShape {
    std::size_t block = 0; ///< a multiple of RowPlan::kStep, up to RowPlan::kMostValues
    std::size_t groups = 1;
    bool operator==(const RowPlanShape&) const = default;
};

/// What a ResampleTable is made for.
struct ResampleKey {
    ResampleAxis axis;
    int channels = 1; ///< interleaved values of a pixel
    RowPlanShape plan{};
    bool operator==(const ResampleKey&) const = default;
};

class ResampleTable;

/// The taps of a horizontal pass as vector instructions want them. A block is made in rounds: in every round, each
/// group looks through one window of the source row, from which steps take up to two taps for each value. Windows lie
/// inside of the row where it is that long.
class RowPlan {
  public:
    static constexpr std::size_t kStep = 16; ///< values of a Step
    static constexpr std::size_t kMostValues = 32;
    static constexpr std::size_t kMostGroups = 4;

    struct Round {
        std::array<int, kMostGroups> windows; ///< first byte of each group's window
        int end;                              ///< where its steps end; they begin where those before end
    };
    struct alignas(64) Step {
        /// Bytes 4 v and 4 v + 2 say where in its group's window the two taps of value v are. The other bytes, and
        /// those of taps that are not there, have their highest bit set.
        std::array<std::uint8_t, 4 * kStep> index;
        /// Weights 2 v and 2 v + 1 are those of the two taps of value v.
        std::array<std::int16_t, 2 * kStep> weights;
    };

    void build(const ResampleTable& table);

    int blocks() const { return static_cast<int>(block_ends_.size()); }
    /// Where the rounds of block `b` end; they begin where those before end.
    int block_end(int b) const { return block_ends_[static_cast<std::size_t>(b)]; }
    const Round* rounds() const { return rounds_.data(); }
    /// Each step of a block is block / kStep consecutive ones of these.
    const Step* steps() const { return steps_.data(); }

  private:
    /// Taps of a value that no step has yet.
    struct Lane {
        int byte = 0; ///< of the next in the source row
        int left = 0;
        const std::int16_t* weights = nullptr;
    };

    int window_bytes() const { return static_cast<int>(64 / shape_.groups); }
    using Lanes = std::array<Lane, kMostValues>;

    void plan_block(const ResampleTable& table, int first_value);
    bool place_windows(const Lanes& lanes, int row_bytes, Round& round) const;
    bool add_step(Lanes& lanes, const Round& round, int channels);

    RowPlanShape shape_;
    std::vector<int> block_ends_;
    std::vector<Round> rounds_;
    std::vector<Step> steps_;
};

/// Weights of an antialiased resize along one axis, as 16-bit integers with `precision` fractional bits: the largest
/// precision at which the largest weight still fits. The arithmetic is that of PyTorch's uint8
/// `interpolate(antialias=True)`, which in turn follows Pillow's two-pass resampling.
class ResampleTable {
  public:
    /// Rebuilds the table. Allocates only if it never was this large.
    void build(const ResampleKey& key);

    const ResampleKey& key() const { return key_; }
    int precision() const { return precision_; }
    /// Most taps of any output pixel, rounded up to an even number.
    int taps() const { return taps_.most(); }
    /// First source pixel and number of taps (>= 1) of output pixel `i`.
    int first(int i) const { return taps_.first(i); }
    int count(int i) const { return count_[static_cast<std::size_t>(i)]; }
    /// The `taps()` weights of output pixel `i`; those past count(i) are 0.
    const std::int16_t* weights(int i) const {
        return &weights_[static_cast<std::size_t>(i) * static_cast<std::size_t>(taps())];
    }
    const RowPlan& plan() const { return plan_; }

  private:
    void quantise();

    ResampleKey key_;
    ResampleTaps taps_;
    int precision_ = 0;
    std::vector<int> count_; // without those of no weight at the end
    std::vector<std::int16_t> weights_;
    RowPlan plan_;
};

} // namespace tacit::augment
