// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <vector>

namespace tacit::augment {

/// The filter of a resize, stretched over the pixels that fall together when an image shrinks (antialiasing).
enum class Interpolation {
    bilinear, ///< a triangle over two pixels
    bicubic,  ///< Keys' cubic of a = -0.5 over four pixels, as in Pillow
};

/// A resize along one axis.
struct ResampleAxis {
    int in = 0;  ///< pixels of the line that is read, >= 1
    int out = 0; ///< pixels of the line that is made, >= 1
    Interpolation interpolation = Interpolation::bilinear;
    bool mirrored = false; ///< the line comes out back to front
    bool operator==(const ResampleAxis&) const = default;
};

/// Which pixels of a line make each pixel of its antialiased resize, and with which weights: those of PyTorch's
/// `interpolate(antialias=True)`, which follows Pillow.
class ResampleTaps {
  public:
    /// Finds the taps again if they are those of another axis. Allocates only if there never were so many.
    void build(const ResampleAxis& axis);

    const ResampleAxis& axis() const { return axis_; }
    /// Most taps of any output pixel, rounded up to an even number.
    int most() const { return most_; }
    /// First source pixel and number of taps (>= 1) of output pixel `i`.
    int first(int i) const { return first_[static_cast<std::size_t>(i)]; }
    int count(int i) const { return count_[static_cast<std::size_t>(i)]; }
    /// most() weights of every output pixel; those past its count() are 0, and the others add up to 1.
    const std::vector<double>& weights() const { return weights_; }

  private:
    void find_taps(double scale, double support);
    void fill_weights(double scale);

    ResampleAxis axis_;
    int most_ = 0;
    std::vector<int> first_;
    std::vector<int> count_;
    std::vector<double> weights_;
};

} // namespace tacit::augment
