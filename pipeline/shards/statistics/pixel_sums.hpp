// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "augment/image.hpp"
#include "pipeline/shards/read/element.hpp"

#include <cstdint>
#include <vector>

namespace tacit::shards {

/// Sums over pixels, per channel. For integers they are exact: the result does not depend on the order of images or
/// on threads (good for 2.8e14 pixels of u8, and 5e18 of u16). For floats they are kept in fp64 as mean and sum of
/// squared deviations and merged by Chan's formula (Chan, Golub, LeVeque 1983): equal orders give equal bits.
class PixelSums {
  public:
    /// One channel's state; integers use the first four members, floats the others and min and max.
    struct Channel {
        std::uint64_t sum = 0;         ///< of value - lowest value of the type
        std::uint64_t square = 0;      ///< low 64 bits
        std::uint64_t square_high = 0; ///< high 64 bits
        double min = 0;                ///< meaningless while there are no pixels
        double max = 0;
        double mean = 0;
        double deviation = 0; ///< sum of squared deviations from the mean
        bool operator==(const Channel&) const = default;
    };

    explicit PixelSums(int channels, Element element = Element::u8);
    /// The state that pixels() and channels() told.
    PixelSums(Element element, std::uint64_t pixels, std::vector<Channel> channels);

    /// HWC values of the element type in this machine's byte order. Throws DataError, with the reason alone, for NaN
    /// and infinite values.
    void add(const std::uint8_t* values, augment::ImageShape shape);
    void add(const PixelSums& other);

    std::uint64_t pixels() const { return pixels_; }
    const std::vector<Channel>& channels() const { return channels_; }
    /// Per channel; empty when nothing was added. Integers: as fraction of the type's largest value (u8 / 255, u16 /
    /// 65535, i16 / 32767). Floats: as they are.
    std::vector<double> mean() const;
    /// Population standard deviation per channel, in the same unit. Infinity where its square is beyond fp64.
    std::vector<double> std() const;
    /// Smallest and largest value over all channels, as they are. Throws std::logic_error when nothing was added.
    double lowest() const;
    double highest() const;

  private:
    Element element_;
    std::uint64_t pixels_ = 0;
    std::vector<Channel> channels_;
};

} // namespace tacit::shards
