// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace tacit::shards {

/// Largest number of dimensions of an array of images.
inline constexpr std::size_t kMaxRank = 8;

/// Copies a box of elements between two arrays in memory whose dimensions lie in different orders, for example planes
/// (CHW) to interleaved pixels (HWC). Neighbouring dimensions that both sides keep together are merged once, when the
/// copy is made; a box that is dense on both sides is one memcpy.
class StridedCopy {
  public:
    struct Dimension {
        std::uint64_t extent = 0;
        std::uint64_t from = 0; ///< bytes between neighbours in the source
        std::uint64_t to = 0;   ///< bytes between neighbours in the target
    };
    /// At most kMaxRank dimensions, in any order.
    StridedCopy(std::span<const Dimension> dimensions, std::size_t element_bytes);
    void operator()(const std::uint8_t* from, std::uint8_t* to) const;

  private:
    void copy(std::size_t depth, const std::uint8_t* from, std::uint8_t* to) const;

    std::array<Dimension, kMaxRank> dimensions_{}; ///< of decreasing `to`; within the last, run_ bytes are dense
    std::size_t rank_ = 0;
    std::size_t element_bytes_;
    std::size_t run_;
};

/// Reverses the bytes of each element in place. `element_bytes` is 1, 2, 4 or 8.
void swap_bytes(std::uint8_t* data, std::size_t elements, std::size_t element_bytes);

} // namespace tacit::shards
