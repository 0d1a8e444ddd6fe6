// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "augment/image.hpp"

#include <array>
#include <cstdint>
#include <vector>

namespace tacit::shards {

/// Exact sums over pixels, per channel (at most 4). Integer, so the result does not depend on the
/// order of images or on threads. Good for 2.8e14 pixels.
class PixelSums {
  public:
    explicit PixelSums(int channels) : channels_(channels) {}
    void add(augment::ImageView image);
    void add(const PixelSums& other);
    std::uint64_t pixels() const { return pixels_; }
    /// Per channel in [0, 1]; empty when nothing was added.
    std::vector<double> mean() const;
    /// Population standard deviation per channel in [0, 1].
    std::vector<double> std() const;
    /// Smallest and largest value per channel, 0..255.
    std::vector<int> min() const;
    std::vector<int> max() const;

  private:
    static constexpr std::size_t kMaxChannels = 4;
    int channels_;
    std::uint64_t pixels_ = 0;
    std::array<std::uint64_t, kMaxChannels> sum_{};
    std::array<std::uint64_t, kMaxChannels> square_{};
    std::array<std::uint8_t, kMaxChannels> min_{255, 255, 255, 255};
    std::array<std::uint8_t, kMaxChannels> max_{};
};

} // namespace tacit::shards
