// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "pipeline/shards/read/element.hpp"

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace tacit::shards {

/// Numbers of a channel that are no numbers.
struct NotFinite {
    std::uint64_t nan = 0;
    std::uint64_t infinite = 0;
};

/// Every number has a key of as many bits as it is stored in, and keys compare as unsigned integers as the numbers
/// do: u8 and u16 as they are, i16 with its sign flipped, floating point with its sign flipped if positive, else all
/// bits. Keys are looked at 16 bits (of u8: 8) at a time, the highest first: a digit.
int key_digits(Element element);
/// The number that has this key.
double number_of_key(std::uint64_t key, Element element);

/// How often each value of one digit of the keys occurs, per channel, over finite numbers whose higher digits are one
/// of the channel's `prefixes`. Integers: the result does not depend on the order in which images are added.
class DigitCounts {
  public:
    /// Ascending, for each channel. Digit 0 has the one prefix 0.
    using Prefixes = std::vector<std::vector<std::uint64_t>>;

    /// The first digit: all numbers.
    DigitCounts(Element element, int channels);
    DigitCounts(Element element, int digit, Prefixes prefixes);

    /// Interleaved numbers of all channels, in this machine's byte order; need not be aligned. Tells what it left out.
    NotFinite add(std::span<const std::uint8_t> values);
    void add(const DigitCounts& other);

    Element element() const { return element_; }
    int digit() const { return digit_; }
    std::size_t channels() const { return prefixes_.size(); }
    /// By value of the digit, for the numbers of `channel` with that prefix, which must be one of the channel's.
    std::span<const std::uint64_t> of(std::size_t channel, std::uint64_t prefix) const;
    /// Memory that the counts take.
    std::size_t bytes() const { return counts_.size() * sizeof(std::uint64_t); }

  private:
    template <class Kind> NotFinite count_all(std::span<const std::uint8_t> values);
    template <class Kind> NotFinite count_matching(std::span<const std::uint8_t> values);

    Element element_;
    int digit_;
    std::size_t bins_;
    Prefixes prefixes_;
    std::vector<std::size_t> first_; ///< place of each channel's first prefix in counts_
    std::vector<std::uint64_t> counts_;
};

} // namespace tacit::shards
