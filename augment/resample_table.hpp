// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace tacit::augment {

/// The filter of a resize, stretched over the pixels that fall together when an image shrinks (antialiasing).
enum class Interpolation {
    bilinear, ///< a triangle over two pixels
    bicubic,  ///< Keys' cubic of a = -0.5 over four pixels, as in Pillow
};

/// What a ResampleTable is made for.
struct ResampleKey {
    int in = 0;  ///< pixels of the line that is read, >= 1
    int out = 0; ///< pixels of the line that is made, >= 1
    Interpolation interpolation = Interpolation::bilinear;
    bool mirrored = false; ///< the line comes out back to front
    int channels = 1;      ///< interleaved values of a pixel
    int lanes = 0;         ///< values that share one window of source bytes (4 or 16); 0: no RowPlan
    bool operator==(const ResampleKey&) const = default;
};

class ResampleTable;

/// A horizontal pass as vector instructions want it. The values of an output row come in blocks of kBlock and
/// these in groups of `lanes`; in one step a group takes up to two taps for each of its values out of one window
/// of 4 * lanes source bytes. Windows lie inside of the row where it is that long.
class RowPlan {
  public:
    static constexpr int kBlock = 16;

    struct alignas(64) Step {
        /// Bytes 4 v and 4 v + 2 say where in its group's window the two taps of value v are. The other bytes, and
        /// those of taps that are not there, have their highest bit set.
        std::array<std::uint8_t, 4 * kBlock> index;
        /// Weights 2 v and 2 v + 1 are those of the two taps of value v.
        std::array<std::int16_t, 2 * kBlock> weights;
    };

    void build(const ResampleTable& table);

    int blocks() const { return static_cast<int>(block_ends_.size()); }
    /// Where the steps of block `b` end; they begin where those before end.
    int block_end(int b) const { return block_ends_[static_cast<std::size_t>(b)]; }
    const Step* steps() const { return steps_.data(); }
    /// First byte of the window of every group of every step, [steps, kBlock / lanes].
    const int* windows() const { return windows_.data(); }

  private:
    void plan_group(const ResampleTable& table, int first_value, std::size_t begin);

    std::vector<int> block_ends_;
    std::vector<Step> steps_;
    std::vector<int> windows_;
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
    int taps() const { return taps_; }
    /// First source pixel and number of taps (>= 1) of output pixel `i`.
    int first(int i) const { return first_[static_cast<std::size_t>(i)]; }
    int count(int i) const { return count_[static_cast<std::size_t>(i)]; }
    /// The `taps()` weights of output pixel `i`; those past count(i) are 0.
    const std::int16_t* weights(int i) const {
        return &weights_[static_cast<std::size_t>(i) * static_cast<std::size_t>(taps_)];
    }
    const RowPlan& plan() const { return plan_; }

  private:
    void find_taps(double scale, double support);
    void fill_weights(double scale);
    void quantise();

    ResampleKey key_;
    int taps_ = 0;
    int precision_ = 0;
    std::vector<int> first_;
    std::vector<int> count_;
    std::vector<std::int16_t> weights_;
    std::vector<double> exact_;
    RowPlan plan_;
};

} // namespace tacit::augment
