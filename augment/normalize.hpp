// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "augment/image.hpp"

#include <cstdint>
#include <vector>

namespace tacit::augment {

/// The upper half of a float32 (bfloat16), rounded to the nearest, halves to even.
struct BFloat16 {
    std::uint16_t bits = 0;
};

/// Order of an image's numbers in memory.
enum class PixelLayout {
    interleaved, ///< HWC: torch's channels_last
    planar       ///< CHW: torch's contiguous
};

/// What a network is given of an image: (x / 255 - mean) / std, channel by channel, computed as x * scale + shift in
/// float32. Immutable, for any thread.
class Normalize {
  public:
    /// `mean` and `std` of each channel, of levels in [0, 1]. Throws std::logic_error for lists of different lengths,
    /// of none or more than kMaxChannels.
    Normalize(const std::vector<double>& mean, const std::vector<double>& std);

    /// Writes as many numbers as `image` has values. Throws std::logic_error for another number of channels.
    void run(ImageView image, PixelLayout layout, float* out) const;
    void run(ImageView image, PixelLayout layout, BFloat16* out) const;

  private:
    template <class Out> void run_as(ImageView image, PixelLayout layout, Out* out) const;

    int channels_;
    std::vector<float> scale_; ///< of kBlock pixels, interleaved
    std::vector<float> shift_;
};

} // namespace tacit::augment
