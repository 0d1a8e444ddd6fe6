// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "augment/image.hpp"
#include "augment/scratch.hpp"

#include <array>
#include <cstdint>
#include <vector>

namespace tacit::augment {

/// A rectangle of an image in pixels; it must lie inside the image.
struct Box {
    int top = 0;
    int left = 0;
    int height = 0;
    int width = 0;
    bool operator==(const Box&) const = default;
};

/// Antialiased bilinear (triangle) weights from `in` to `out` pixels along one axis, as 16-bit integers
/// with `precision` fractional bits: the largest precision at which the largest weight still fits.
/// The arithmetic is that of PyTorch's uint8 `interpolate(mode="bilinear", antialias=True)`, which in
/// turn follows Pillow's two-pass resampling.
class ResampleTable {
  public:
    /// Rebuilds the table for pixels of `channels` values; all >= 1. Allocates only if it never was this large.
    void build(int in, int out, int channels);

    int in() const { return in_; }
    int out() const { return out_; }
    int channels() const { return channels_; }
    int precision() const { return precision_; }
    /// Most taps of any output pixel.
    int taps() const { return taps_; }
    /// First source pixel and number of taps of output pixel `i`.
    int first(int i) const { return first_[static_cast<std::size_t>(i)]; }
    int count(int i) const { return count_[static_cast<std::size_t>(i)]; }
    /// The `taps()` weights of output pixel `i`; those past count(i) are 0.
    const std::int16_t* weights(int i) const {
        return &weights_[static_cast<std::size_t>(i) * static_cast<std::size_t>(taps_)];
    }

    /// Tables of few taps also hold their weights tap by tap, repeated for every channel:
    /// [spread_taps(), out() * channels()], spread_taps() being 2 or 4, or 0 if there are more.
    int spread_taps() const { return spread_taps_; }
    const std::int16_t* spread_weights() const { return spread_.data(); }

  private:
    void fill_weights(std::vector<double>& weights, double scale);
    void quantise(const std::vector<double>& weights);

    void spread();

    int in_ = 0;
    int out_ = 0;
    int channels_ = 0;
    int spread_taps_ = 0;
    int taps_ = 0;
    int precision_ = 0;
    std::vector<int> first_;
    std::vector<int> count_;
    std::vector<std::int16_t> weights_;
    std::vector<std::int16_t> spread_;
    std::vector<double> exact_;
};

/// What crop_resize keeps between calls: recently used tables and the image between its two passes.
class ResampleScratch {
  public:
    const ResampleTable& table(int in, int out, int channels);
    std::uint8_t* rows(std::size_t bytes) { return rows_.get(bytes); }
    std::uint8_t* line(std::size_t bytes) { return line_.get(bytes); }

  private:
    std::array<ResampleTable, 512> tables_;
    Scratch<std::uint8_t> rows_;
    Scratch<std::uint8_t> line_;
};

/// Cuts `box` out of `source` and resizes it to the shape of `out` (antialiased bilinear), the box's
/// border being the border of the image as in torchvision's resized_crop. Equal channel counts.
void crop_resize(ImageView source, const Box& box, MutableImageView out, ResampleScratch& scratch);

} // namespace tacit::augment
