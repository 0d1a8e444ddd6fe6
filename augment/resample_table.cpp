// SPDX-License-Identifier: Apache-2.0
#include "augment/resample_table.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace tacit::augment {
namespace {

constexpr int kMaxPrecision = 22;

/// Pillow's rounding of positions: halves up, negative results to be clipped to 0.
int rounded(double value) {
    const double shifted = value + 0.5;
    return static_cast<int>(shifted);
}

/// Halves away from 0.
int rounded_weight(double value) {
    return value < 0.0 ? -rounded(-value) : rounded(value);
}

double triangle(double x) {
    return std::max(0.0, 1.0 - std::abs(x));
}

/// Keys 1981, equation 4, with a = -0.5.
double cubic(double x) {
    constexpr double kA = -0.5;
    const double d = std::abs(x);
    if (d < 1.0) {
        return ((kA + 2.0) * d - (kA + 3.0)) * d * d + 1.0;
    }
    return d < 2.0 ? (((d - 5.0) * d + 8.0) * d - 4.0) * kA : 0.0;
}

} // namespace

void ResampleTable::build(const ResampleKey& key) {
    key_ = key;
    const double scale = static_cast<double>(key.in) / key.out;
    const double radius = key.interpolation == Interpolation::bicubic ? 2.0 : 1.0;
    find_taps(scale, radius * std::max(scale, 1.0));
    fill_weights(scale);
    quantise();
    if (key.plan.block > 0) {
        plan_.build(*this);
    }
}

void ResampleTable::find_taps(double scale, double support) {
    first_.resize(static_cast<std::size_t>(key_.out));
    count_.resize(static_cast<std::size_t>(key_.out));
    taps_ = 0;
    for (int i = 0; i < key_.out; ++i) {
        const double centre = scale * (i + 0.5);
        const int first = std::max(rounded(centre - support), 0);
        const int last = std::min(rounded(centre + support), key_.in);
        const auto place = static_cast<std::size_t>(key_.mirrored ? key_.out - 1 - i : i);
        first_[place] = first;
        count_[place] = last - first;
        taps_ = std::max(taps_, last - first);
    }
    taps_ += taps_ % 2;
}

void ResampleTable::fill_weights(double scale) {
    exact_.assign(static_cast<std::size_t>(key_.out) * static_cast<std::size_t>(taps_), 0.0);
    const auto filter = key_.interpolation == Interpolation::bicubic ? cubic : triangle;
    const double inverse = scale >= 1.0 ? 1.0 / scale : 1.0;
    for (int i = 0; i < key_.out; ++i) {
        const int place = key_.mirrored ? key_.out - 1 - i : i;
        double* row = &exact_[static_cast<std::size_t>(place) * static_cast<std::size_t>(taps_)];
        const double centre = scale * (i + 0.5);
        double total = 0.0;
        for (int t = 0; t < count(place); ++t) {
            row[t] = filter((t + first(place) - centre + 0.5) * inverse);
            total += row[t];
        }
        for (int t = 0; t < count(place) && total != 0.0; ++t) {
            row[t] /= total;
        }
    }
}

void ResampleTable::quantise() {
    const double largest = *std::max_element(exact_.begin(), exact_.end());
    precision_ = 0;
    while (precision_ < kMaxPrecision && rounded(largest * (1 << (precision_ + 1))) < (1 << 15)) {
        ++precision_;
    }
    weights_.resize(exact_.size());
    std::transform(exact_.begin(), exact_.end(), weights_.begin(), [this](double weight) {
        return static_cast<std::int16_t>(rounded_weight(weight * (1 << precision_)));
    });
    for (int i = 0; i < key_.out; ++i) { // taps of no weight at the end need not be read
        int& taps = count_[static_cast<std::size_t>(i)];
        while (taps > 1 && weights(i)[taps - 1] == 0) {
            --taps;
        }
    }
}

void RowPlan::build(const ResampleTable& table) {
    const ResampleKey& key = table.key();
    shape_ = key.plan;
    block_ends_.clear();
    rounds_.clear();
    steps_.clear();
    for (int value = 0; value < key.out * key.channels; value += static_cast<int>(shape_.block)) {
        plan_block(table, value);
        block_ends_.push_back(static_cast<int>(rounds_.size()));
    }
}

void RowPlan::plan_block(const ResampleTable& table, int first_value) {
    const int channels = table.key().channels;
    Lanes lanes{};
    for (std::size_t v = 0; v < shape_.block; ++v) {
        const int value = first_value + static_cast<int>(v);
        const int x = value / channels;
        if (x < table.key().out) {
            lanes[v] = {table.first(x) * channels + value % channels, table.count(x), table.weights(x)};
        }
    }
    for (Round round; place_windows(lanes, table.key().in * channels, round); rounds_.push_back(round)) {
        while (add_step(lanes, round, channels)) {
        }
        round.end = static_cast<int>(steps_.size());
    }
}

/// Every window begins at the first byte that its group lacks; false if none lacks any.
bool RowPlan::place_windows(const Lanes& lanes, int row_bytes, Round& round) const {
    constexpr int kNone = std::numeric_limits<int>::max();
    round.windows.fill(kNone);
    for (std::size_t v = 0; v < shape_.block; ++v) {
        int& window = round.windows[v / (shape_.block / shape_.groups)];
        window = lanes[v].left > 0 ? std::min(window, lanes[v].byte) : window;
    }
    const bool any = *std::min_element(round.windows.begin(), round.windows.end()) < kNone;
    for (int& window : round.windows) {
        window = window < kNone ? std::min(window, std::max(row_bytes - window_bytes(), 0)) : 0;
    }
    return any;
}

/// Two taps of every value that has any left in its group's window; false if there are none.
bool RowPlan::add_step(Lanes& lanes, const Round& round, int channels) {
    const std::size_t begin = steps_.size();
    bool any = false;
    for (std::size_t v = 0; v < shape_.block; ++v) {
        if (v % kStep == 0) {
            steps_.emplace_back();
            steps_.back().index.fill(0x80);
            steps_.back().weights.fill(0);
        }
        Lane& lane = lanes[v];
        const int window = round.windows[v / (shape_.block / shape_.groups)];
        for (std::size_t tap = 0; tap < 2 && lane.left > 0 && lane.byte - window < window_bytes(); ++tap) {
            const std::size_t place = 2 * (v % kStep) + tap;
            steps_.back().index[2 * place] = static_cast<std::uint8_t>(lane.byte - window);
            steps_.back().weights[place] = *lane.weights++;
            lane.byte += channels;
            --lane.left;
            any = true;
        }
    }
    if (!any) {
        steps_.resize(begin);
    }
    return any;
}

} // namespace tacit::augment
