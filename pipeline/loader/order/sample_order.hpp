// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace tacit::loader {

/// The order in which an epoch visits the samples: a keyed permutation of [0, size) that is a pure
/// function of (seed, epoch). Random access in O(1), no index array, independent of the rank count.
/// Method: a balanced Feistel network with Philox rounds over the next power of four, cycle-walked
/// into range (Black & Rogaway, "Ciphers with Arbitrary Finite Domains", 2002).
class SampleOrder {
  public:
    SampleOrder(std::uint64_t seed, std::uint32_t epoch, std::int64_t size);
    /// Sample at `position` in [0, size).
    std::int64_t at(std::int64_t position) const;

  private:
    std::uint64_t seed_;
    std::uint32_t epoch_;
    std::int64_t size_;
    int half_bits_;
};

} // namespace tacit::loader
