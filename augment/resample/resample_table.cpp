// SPDX-License-Identifier: Apache-2.0
#include "augment/resample/resample_table.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace tacit::augment {
namespace {

constexpr int kMaxPrecision = 22;

/// Halves away from 0.
int rounded_weight(double value) {
    return static_cast<int>(value < 0.0 ? value - 0.5 : value + 0.5);
}

} // namespace

void ResampleTable::build(const ResampleKey& key) {
    key_ = key;
    taps_.build(key.axis);
    quantise();
    if (key.plan.block > 0) {
        plan_.build(*this);
    }
}

void ResampleTable::quantise() {
    const std::vector<double>& exact = taps_.weights();
    const double largest = *std::max_element(exact.begin(), exact.end());
    precision_ = 0;
    while (precision_ < kMaxPrecision && rounded_weight(largest * (1 << (precision_ + 1))) < (1 << 15)) {
        ++precision_;
    }
    weights_.resize(exact.size());
    std::transform(exact.begin(), exact.end(), weights_.begin(), [this](double weight) {
        return static_cast<std::int16_t>(rounded_weight(weight * (1 << precision_)));
    });
    count_.resize(static_cast<std::size_t>(key_.axis.out));
    for (int i = 0; i < key_.axis.out; ++i) {
        int& taps = count_[static_cast<std::size_t>(i)];
        taps = taps_.count(i);
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
    for (int value = 0; value < key.axis.out * key.channels; value += static_cast<int>(shape_.block)) {
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
        if (x < table.key().axis.out) {
            lanes[v] = {table.first(x) * channels + value % channels, table.count(x), table.weights(x)};
        }
    }
    for (Round round; place_windows(lanes, table.key().axis.in * channels, round); rounds_.push_back(round)) {
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
