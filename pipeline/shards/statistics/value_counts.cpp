// SPDX-License-Identifier: Apache-2.0
#include "pipeline/shards/statistics/value_counts.hpp"

#include "pipeline/shards/read/half.hpp"

#include <algorithm>
#include <bit>
#include <stdexcept>
#include <utility>

namespace tacit::shards {
namespace {

constexpr int kDigitBits = 16;

template <class B, B kFlip> struct Whole {
    using Bits = B;
    static constexpr bool kFloating = false;
    static B key(B bits) { return static_cast<B>(bits ^ kFlip); }
    static bool finite(B /*bits*/) { return true; }
    static bool nan(B /*bits*/) { return false; }
};

/// IEEE 754 and bfloat16; `kExponent` is the mask of the exponent.
template <class B, B kExponent> struct Floating {
    using Bits = B;
    static constexpr bool kFloating = true;
    static constexpr B kSign = static_cast<B>(B{1} << (8 * sizeof(B) - 1));
    static B key(B bits) { return static_cast<B>((bits & kSign) != 0 ? ~bits : bits | kSign); }
    static bool finite(B bits) { return (bits & kExponent) != kExponent; }
    static bool nan(B bits) { return (bits & static_cast<B>(~kSign)) > kExponent; }
};

/// Calls `work` with the kind of `element`, so that loops over numbers are compiled for each.
template <class Work> auto with_kind(Element element, const Work& work) {
    switch (element) {
    case Element::u8:
        return work(Whole<std::uint8_t, 0>());
    case Element::u16:
        return work(Whole<std::uint16_t, 0>());
    case Element::i16:
        return work(Whole<std::uint16_t, 0x8000U>());
    case Element::f16:
        return work(Floating<std::uint16_t, 0x7C00U>());
    case Element::bf16:
        return work(Floating<std::uint16_t, 0x7F80U>());
    case Element::f32:
        return work(Floating<std::uint32_t, 0x7F800000U>());
    case Element::f64:
        return work(Floating<std::uint64_t, 0x7FF0000000000000U>());
    }
    throw std::logic_error("with_kind: no such element");
}

int key_bits(Element element) {
    return 8 * static_cast<int>(element_bytes(element));
}

} // namespace

int key_digits(Element element) {
    return std::max(1, key_bits(element) / kDigitBits);
}

double number_of_key(std::uint64_t key, Element element) {
    const std::uint64_t sign = std::uint64_t{1} << static_cast<unsigned>(key_bits(element) - 1);
    const std::uint64_t bits = (key & sign) != 0 ? key ^ sign : ~key & (sign | (sign - 1)); // of floating point
    switch (element) {
    case Element::u8:
    case Element::u16:
        return static_cast<double>(key);
    case Element::i16:
        return static_cast<double>(key) - static_cast<double>(sign);
    case Element::f16:
        return float_of_half(static_cast<std::uint16_t>(bits));
    case Element::bf16:
        return float_of_bf16(static_cast<std::uint16_t>(bits));
    case Element::f32:
        return std::bit_cast<float>(static_cast<std::uint32_t>(bits));
    case Element::f64:
        return std::bit_cast<double>(bits);
    }
    throw std::logic_error("number_of_key: no such element");
}

DigitCounts::DigitCounts(Element element, int channels)
    : DigitCounts(element, 0, Prefixes(static_cast<std::size_t>(channels), {0})) {}

DigitCounts::DigitCounts(Element element, int digit, Prefixes prefixes)
    : element_(element), digit_(digit),
      bins_(std::size_t{1} << static_cast<unsigned>(std::min(kDigitBits, key_bits(element)))),
      prefixes_(std::move(prefixes)) {
    std::size_t slots = 0;
    for (const std::vector<std::uint64_t>& of_channel : prefixes_) {
        first_.push_back(slots);
        slots += of_channel.size();
    }
    counts_.resize(slots * bins_);
}

template <class Kind> NotFinite DigitCounts::count_all(std::span<const std::uint8_t> values) {
    using Bits = typename Kind::Bits;
    constexpr unsigned kShift = sizeof(Bits) > 2 ? 8 * sizeof(Bits) - kDigitBits : 0;
    const std::size_t channels = prefixes_.size();
    NotFinite left_out;
    for (std::size_t c = 0; c < channels; ++c) {
        std::uint64_t* counts = counts_.data() + first_[c] * bins_;
        for (std::size_t at = c * sizeof(Bits); at < values.size(); at += channels * sizeof(Bits)) {
            const Bits bits = load<Bits>(values.data() + at);
            if (Kind::finite(bits)) {
                ++counts[static_cast<std::size_t>(Kind::key(bits) >> kShift)];
            } else {
                ++(Kind::nan(bits) ? left_out.nan : left_out.infinite);
            }
        }
    }
    return left_out;
}

template <class Kind> NotFinite DigitCounts::count_matching(std::span<const std::uint8_t> values) {
    using Bits = typename Kind::Bits;
    const auto below = static_cast<unsigned>(key_bits(element_) - kDigitBits * digit_); // bits of this digit and lower
    const unsigned shift = below - kDigitBits;
    const std::size_t channels = prefixes_.size();
    NotFinite left_out;
    for (std::size_t c = 0; c < channels; ++c) {
        const std::vector<std::uint64_t>& wanted = prefixes_[c];
        std::uint64_t* counts = counts_.data() + first_[c] * bins_;
        for (std::size_t at = c * sizeof(Bits); at < values.size(); at += channels * sizeof(Bits)) {
            const Bits bits = load<Bits>(values.data() + at);
            if (!Kind::finite(bits)) {
                ++(Kind::nan(bits) ? left_out.nan : left_out.infinite);
                continue;
            }
            const std::uint64_t key = Kind::key(bits);
            const auto slot = std::lower_bound(wanted.begin(), wanted.end(), key >> below);
            if (slot != wanted.end() && *slot == key >> below) {
                ++counts[static_cast<std::size_t>(slot - wanted.begin()) * bins_ + ((key >> shift) & (bins_ - 1))];
            }
        }
    }
    return left_out;
}

NotFinite DigitCounts::add(std::span<const std::uint8_t> values) {
    if (values.size() % (channels() * element_bytes(element_)) != 0) {
        throw std::logic_error("DigitCounts: values are no whole pixels");
    }
    return with_kind(element_, [&](auto kind) {
        return digit_ == 0 ? count_all<decltype(kind)>(values) : count_matching<decltype(kind)>(values);
    });
}

void DigitCounts::add(const DigitCounts& other) {
    std::transform(counts_.begin(), counts_.end(), other.counts_.begin(), counts_.begin(), std::plus<>());
}

std::span<const std::uint64_t> DigitCounts::of(std::size_t channel, std::uint64_t prefix) const {
    const std::vector<std::uint64_t>& known = prefixes_.at(channel);
    const auto slot = std::lower_bound(known.begin(), known.end(), prefix);
    if (slot == known.end() || *slot != prefix) {
        throw std::logic_error("DigitCounts: prefix was not counted");
    }
    return std::span(counts_).subspan((first_[channel] + static_cast<std::size_t>(slot - known.begin())) * bins_,
                                      bins_);
}

} // namespace tacit::shards
