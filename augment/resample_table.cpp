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
    if (key.lanes > 0) {
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
    const int values = key.out * key.channels;
    block_ends_.clear();
    steps_.clear();
    windows_.clear();
    for (int block = 0; block < values; block += kBlock) {
        const std::size_t begin = steps_.size();
        for (int first = block; first < std::min(block + kBlock, values); first += key.lanes) {
            plan_group(table, first, begin);
        }
        block_ends_.push_back(static_cast<int>(steps_.size()));
    }
}

void RowPlan::plan_group(const ResampleTable& table, int first_value, std::size_t begin) {
    struct Lane {
        int byte = 0; // of the next tap in the source row
        int left = 0; // taps still to take
        const std::int16_t* weights = nullptr;
    };
    const ResampleKey& key = table.key();
    const int window_bytes = 4 * key.lanes;
    const auto groups = static_cast<std::size_t>(kBlock / key.lanes);
    std::array<Lane, kBlock> lanes{};
    const int used = std::min(key.lanes, key.out * key.channels - first_value);
    for (int l = 0; l < used; ++l) {
        const int x = (first_value + l) / key.channels;
        lanes[static_cast<std::size_t>(l)] = {table.first(x) * key.channels + (first_value + l) % key.channels,
                                              table.count(x), table.weights(x)};
    }
    for (std::size_t place = begin;; ++place) {
        int lowest = std::numeric_limits<int>::max();
        for (const Lane& lane : lanes) {
            lowest = lane.left > 0 ? std::min(lowest, lane.byte) : lowest;
        }
        if (lowest == std::numeric_limits<int>::max()) {
            return;
        }
        if (place == steps_.size()) {
            Step& step = steps_.emplace_back();
            step.index.fill(0x80);
            step.weights.fill(0);
            windows_.resize(windows_.size() + groups, 0);
        }
        const int window = std::min(lowest, std::max(key.in * key.channels - window_bytes, 0));
        windows_[place * groups + static_cast<std::size_t>(first_value % kBlock / key.lanes)] = window;
        auto value = static_cast<std::size_t>(first_value % kBlock);
        for (Lane& lane : lanes) {
            for (std::size_t tap = 0; tap < 2 && lane.left > 0 && lane.byte - window < window_bytes; ++tap) {
                steps_[place].index[4 * value + 2 * tap] = static_cast<std::uint8_t>(lane.byte - window);
                steps_[place].weights[2 * value + tap] = *lane.weights++;
                lane.byte += key.channels;
                --lane.left;
            }
            ++value;
        }
    }
}

} // namespace tacit::augment
