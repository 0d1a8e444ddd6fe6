// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "augment/image.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace tacit::shards {

/// What each dimension of an array of images means, slowest dimension first: N counts images (it may stand twice, as
/// in the scans of 4D-STEM), H and W are rows and columns of pixels, C channels, 1 a dimension of size one. C may be
/// left out. Examples: NHWC; NCHW; NCWH (MATLAB's order seen through HDF5); NNHW.
class Axes {
  public:
    /// Throws ConfigError naming `letters` if a letter is unknown, N, H or W is missing or H, W or C stands twice.
    explicit Axes(std::string letters);

    const std::string& letters() const { return letters_; }
    /// Throws DataError if the shape has another number of dimensions, or images of no or impossible size.
    void check(const std::vector<std::uint64_t>& shape) const;
    augment::ImageShape image(const std::vector<std::uint64_t>& shape) const;
    /// Number of images.
    std::int64_t samples(const std::vector<std::uint64_t>& shape) const;
    /// Distance, in elements of one interleaved HWC image, between neighbours along each dimension; 0 for N.
    std::vector<std::uint64_t> pixel_strides(const std::vector<std::uint64_t>& shape) const;

  private:
    std::uint64_t extent(char letter, const std::vector<std::uint64_t>& shape) const;

    std::string letters_;
};

/// Letters of Axes with N in front where they hold none: an array that is one image by itself.
inline std::string with_sample_axis(const std::string& letters) {
    return letters.find('N') == std::string::npos ? "N" + letters : letters;
}

/// Largest height and width of an image in pixels.
inline constexpr std::uint64_t kMaxSide = 65535;

} // namespace tacit::shards
