// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "pipeline/shards/statistics/value_counts.hpp"

#include <array>
#include <cstdint>
#include <vector>

namespace tacit::shards {

/// The percentiles that are measured.
inline constexpr std::array<int, 7> kPercents = {1, 5, 25, 50, 75, 95, 99};
using PercentileValues = std::array<double, kPercents.size()>;

/// Finds percentiles among any number of values without sorting or keeping them: every pass over the values fixes one
/// more digit of the keys of the order statistics that are wanted. One pass for numbers of up to 16 bits, two for f32,
/// four for f64. Exact, whatever the order of the values.
class PercentileSearch {
  public:
    /// `first` counts the first digit of all values.
    explicit PercentileSearch(const DigitCounts& first);
    bool found() const { return digits_ == key_digits(element_); }
    /// What the next pass has to count, empty.
    DigitCounts next() const;
    void refine(const DigitCounts& counts);
    /// Percentiles of one channel as NumPy's default has them: between neighbours in order, at (n - 1) p / 100,
    /// linearly. `low` and `high` bound the numbers before. Values of a channel without numbers are NaN.
    PercentileValues of(std::size_t channel, double low, double high) const;
    /// Finite numbers of a channel.
    std::uint64_t values(std::size_t channel) const { return values_.at(channel); }

  private:
    struct Wanted {
        std::uint64_t prefix = 0; ///< digits of its key that are known
        std::uint64_t rank = 0;   ///< its place, in order, among the numbers with that prefix
    };
    Element element_;
    int digits_ = 0; ///< known ones
    std::vector<std::uint64_t> values_;
    std::vector<std::vector<Wanted>> wanted_; ///< of each channel: two neighbours a percentile
};

} // namespace tacit::shards
