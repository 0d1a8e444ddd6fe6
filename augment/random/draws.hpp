// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "augment/random/philox.hpp"
#include "augment/recipe/recipe.hpp"

#include <cstdint>

namespace tacit::augment {

/// Sample ids use 48 bits of the Philox counter.
inline constexpr std::uint64_t kMaxSample = (std::uint64_t{1} << 48) - 1;
/// The view's draw and the operation's place use 8 bits each.
inline constexpr int kMaxDraw = 255;
inline constexpr int kMaxOps = 256;

/// The random numbers of one operation on one view of one sample: a pure function of
/// (seed, epoch, sample, draw, op). The 128-bit counter is {sample 48 bits, draw 8, op 8, epoch 32,
/// block 32}; the key is the seed.
class Draws {
  public:
    /// `draw` in [0, kMaxDraw], `op` in [0, kMaxOps), key.sample <= kMaxSample (checked by Recipe).
    Draws(const SampleKey& key, int draw, int op);

    /// The next 32 random bits.
    std::uint32_t word();
    /// Uniform in [0, 1), a multiple of 2^-32.
    double uniform();
    /// Uniform in [low, high); `low` itself if the range is empty.
    double uniform(double low, double high);
    /// Uniform integer in [0, bound), without bias; bound >= 1.
    int below(int bound);
    /// Standard normal (Box-Muller).
    double normal();

    /// Counter of the block that word() does not reach before 2^33 words: for operations that fill a
    /// whole image with noise.
    PhiloxCounter bulk_counter(std::uint32_t block) const;
    PhiloxKey key() const { return key_; }

  private:
    PhiloxCounter counter_;
    PhiloxKey key_;
    PhiloxCounter block_{};
    unsigned used_ = 4;
};

} // namespace tacit::augment
