// SPDX-License-Identifier: Apache-2.0
#include "eval/results/results.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>
#include <stdexcept>
#include <utility>

namespace tacit::eval {

namespace {

constexpr double kNormal = 1.959964; // quantile of the normal distribution, two-sided 95 %

/// Of Student's distribution with `freedom` degrees of freedom, two-sided 95 %.
double student_quantile(std::size_t freedom) {
    constexpr std::array kQuantiles = {12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228};
    if (freedom <= kQuantiles.size()) {
        return kQuantiles.at(freedom - 1);
    }
    // Expansion in 1 / freedom about the normal quantile (Abramowitz and Stegun 26.7.5), here right to 2e-4.
    const double z = kNormal;
    const double z2 = z * z;
    const double v = 1 / static_cast<double>(freedom);
    const double first = z * (z2 + 1) / 4;
    const double second = z * ((5 * z2 + 16) * z2 + 3) / 96;
    const double third = z * (((3 * z2 + 19) * z2 + 17) * z2 - 15) / 384;
    return z + v * (first + v * (second + v * third));
}

} // namespace

ScoreInfo accuracy_info() {
    return {"accuracy", Unit::percent, true, true};
}

Score score_of(std::vector<double> draws) {
    if (draws.empty()) {
        throw std::logic_error("score_of: no draws");
    }
    Score score;
    const auto count = static_cast<double>(draws.size());
    score.value = std::accumulate(draws.begin(), draws.end(), 0.0) / count;
    double squares = 0;
    for (const double draw : draws) {
        squares += (draw - score.value) * (draw - score.value);
    }
    score.std = draws.size() > 1 ? std::sqrt(squares / (count - 1)) : 0;
    score.draws = std::move(draws);
    return score;
}

std::optional<Interval> interval_of(const Score& score, const ScoreInfo& info, std::int64_t test_images) {
    std::optional<Interval> interval;
    if (info.share_of_images && test_images > 0) { // Wilson 1927
        const auto n = static_cast<double>(test_images);
        const double shrink = 1 / (1 + kNormal * kNormal / n);
        const double middle = shrink * (score.value + kNormal * kNormal / (2 * n));
        const double variance = score.value * (1 - score.value) / n + kNormal * kNormal / (4 * n * n);
        const double half = shrink * kNormal * std::sqrt(std::max(0.0, variance));
        interval = {middle - half, middle + half};
    }
    if (score.draws.size() > 1) {
        const auto draws = static_cast<double>(score.draws.size());
        const double half = student_quantile(score.draws.size() - 1) * score.std / std::sqrt(draws);
        const double low = score.value - half;
        const double high = score.value + half;
        interval =
            interval ? Interval{std::min(interval->low, low), std::max(interval->high, high)} : Interval{low, high};
    }
    if (interval && info.unit == Unit::percent) {
        interval = {std::max(0.0, interval->low), std::min(1.0, interval->high)};
    }
    return interval;
}

} // namespace tacit::eval
