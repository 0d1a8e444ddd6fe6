// SPDX-License-Identifier: Apache-2.0
#include "pipeline/shards/statistics/percentiles.hpp"

#include <algorithm>
#include <bit>
#include <limits>
#include <numeric>
#include <span>

namespace tacit::shards {
namespace {

constexpr std::uint64_t kHundred = 100;

/// (n - 1) p / 100 in whole numbers: the fraction is what is left of it in hundredths.
struct Position {
    std::uint64_t below = 0;
    std::uint64_t hundredths = 0;
};

Position position_of(std::uint64_t values, int percent) {
    const std::uint64_t last = values - 1;
    const auto p = static_cast<std::uint64_t>(percent);
    const std::uint64_t rest = last % kHundred * p; // (a 100 + b) p / 100 = a p + b p / 100, without overflow
    return {last / kHundred * p + rest / kHundred, rest % kHundred};
}

} // namespace

PercentileSearch::PercentileSearch(const DigitCounts& first) : element_(first.element()) {
    for (std::size_t c = 0; c < first.channels(); ++c) {
        const std::span<const std::uint64_t> counts = first.of(c, 0);
        const std::uint64_t values = std::accumulate(counts.begin(), counts.end(), std::uint64_t{0});
        values_.push_back(values);
        std::vector<Wanted>& wanted = wanted_.emplace_back();
        for (std::size_t i = 0; values > 0 && i < kPercents.size(); ++i) {
            const std::uint64_t below = position_of(values, kPercents[i]).below;
            wanted.push_back({0, below});
            wanted.push_back({0, std::min(below + 1, values - 1)});
        }
    }
    refine(first);
}

DigitCounts PercentileSearch::next() const {
    DigitCounts::Prefixes prefixes;
    for (const std::vector<Wanted>& of_channel : wanted_) {
        std::vector<std::uint64_t>& known = prefixes.emplace_back();
        for (const Wanted& one : of_channel) {
            known.push_back(one.prefix);
        }
        std::sort(known.begin(), known.end());
        known.erase(std::unique(known.begin(), known.end()), known.end());
    }
    return {element_, digits_, std::move(prefixes)};
}

void PercentileSearch::refine(const DigitCounts& counts) {
    for (std::size_t c = 0; c < wanted_.size(); ++c) {
        for (Wanted& one : wanted_[c]) {
            const std::span<const std::uint64_t> of_digit = counts.of(c, one.prefix);
            std::size_t digit = 0;
            while (one.rank >= of_digit[digit]) {
                one.rank -= of_digit[digit++];
            }
            one.prefix = one.prefix * of_digit.size() + digit;
        }
    }
    ++digits_;
}

PercentileValues PercentileSearch::of(std::size_t channel, double low, double high) const {
    PercentileValues percentiles;
    percentiles.fill(std::numeric_limits<double>::quiet_NaN());
    const std::vector<Wanted>& wanted = wanted_.at(channel);
    for (std::size_t i = 0; 2 * i < wanted.size(); ++i) {
        const double below = std::clamp(number_of_key(wanted[2 * i].prefix, element_), low, high);
        const double above = std::clamp(number_of_key(wanted[2 * i + 1].prefix, element_), low, high);
        const double share = static_cast<double>(position_of(values_[channel], kPercents[i]).hundredths) / kHundred;
        percentiles[i] = share == 0 ? below : below * (1 - share) + above * share;
    }
    return percentiles;
}

} // namespace tacit::shards
