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

/// What a network is given of an image: (x - mean) / std, channel by channel, with x in [0, 1] (levels / 255); computed
/// as x * scale + shift in float32. Immutable, for any thread.
class Normalize {
  public:
    /// `mean` and `std` of each channel's x. Throws std::logic_error for lists of different lengths,
    /// of none or more than kMaxChannels.
    Normalize(const std::vector<double>& mean, const std::vector<double>& std);

    /// Writes as many numbers as `image` has values. Throws std::logic_error for another number of channels.
    void run(ImageView image, PixelLayout layout, float* out) const;
    void run(ImageView image, PixelLayout layout, BFloat16* out) const;
    void run(FloatImageView image, PixelLayout layout, float* out) const;

  private:
    template <class In, class Out>
    void run_as(BasicImageView<In> image, const std::vector<float>& scale, PixelLayout layout, Out* out) const;

    int channels_;
    // Of some pixels, interleaved.
    std::vector<float> level_scale_;
    std::vector<float> float_scale_;
    std::vector<float> shift_;
};

} // namespace tacit::augment
