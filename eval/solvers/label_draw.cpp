// SPDX-License-Identifier: Apache-2.0
#include "eval/solvers/label_draw.hpp"

#include "pipeline/base/error.hpp"
#include "pipeline/loader/order/sample_order.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace tacit::eval {

namespace {

// Keys of the keyed permutations, so that label draws and held-out shares never share an order.
constexpr std::uint64_t kDrawKey = 0x6c6162656c730000ULL;
constexpr std::uint64_t kHoldOutKey = 0x686f6c646f757400ULL;

std::vector<std::vector<std::int64_t>> by_class(const std::vector<std::int32_t>& labels) {
    std::vector<std::vector<std::int64_t>> members(class_sizes(labels).size());
    for (std::size_t i = 0; i < labels.size(); ++i) {
        if (labels[i] >= 0) {
            members[static_cast<std::size_t>(labels[i])].push_back(static_cast<std::int64_t>(i));
        }
    }
    return members;
}

} // namespace

std::vector<std::int64_t> class_sizes(const std::vector<std::int32_t>& labels) {
    const auto largest = std::max_element(labels.begin(), labels.end());
    if (largest == labels.end() || *largest < 0) {
        throw DataError("the split has no labels; this evaluation needs them");
    }
    std::vector<std::int64_t> sizes(static_cast<std::size_t>(*largest) + 1);
    for (const std::int32_t label : labels) {
        if (label >= 0) {
            ++sizes[static_cast<std::size_t>(label)];
        }
    }
    return sizes;
}

std::vector<std::int64_t> proportional_counts(const std::vector<std::int32_t>& labels, double fraction) {
    std::vector<std::int64_t> counts = class_sizes(labels);
    for (std::int64_t& count : counts) {
        const auto share = static_cast<std::int64_t>(std::llround(fraction * static_cast<double>(count)));
        count = std::min(count, std::max<std::int64_t>(1, share));
    }
    return counts;
}

std::vector<std::int64_t> equal_counts(const std::vector<std::int32_t>& labels, std::int64_t per_class) {
    std::vector<std::int64_t> counts = class_sizes(labels);
    for (std::size_t c = 0; c < counts.size(); ++c) {
        if (counts[c] > 0 && counts[c] < per_class) {
            throw ConfigError(fmt::format("eval.finetune.per_class: cannot draw {} labels of each class: class {} has "
                                          "{}; lower it, or set it to 0 and give a share (--labels)",
                                          per_class, c, counts[c]));
        }
        counts[c] = std::min(counts[c], per_class);
    }
    return counts;
}

std::vector<std::int64_t> draw_labels(const std::vector<std::int32_t>& labels, const std::vector<std::int64_t>& counts,
                                      std::uint64_t seed, std::int64_t draw) {
    std::vector<std::int64_t> drawn;
    const auto members = by_class(labels);
    for (std::size_t c = 0; c < members.size(); ++c) {
        const std::int64_t count = counts.at(c);
        if (count == 0) {
            continue;
        }
        const auto size = static_cast<std::int64_t>(members[c].size());
        const std::int64_t draws_a_round = size / count;
        const auto round = static_cast<std::uint64_t>(draw / draws_a_round);
        const loader::SampleOrder order(seed ^ kDrawKey ^ (round << 32), static_cast<std::uint32_t>(c), size);
        const std::int64_t first = draw % draws_a_round * count;
        for (std::int64_t i = first; i < first + count; ++i) {
            drawn.push_back(members[c][static_cast<std::size_t>(order.at(i))]);
        }
    }
    std::sort(drawn.begin(), drawn.end());
    return drawn;
}

std::pair<std::vector<std::int64_t>, std::vector<std::int64_t>> hold_out(const std::vector<std::int64_t>& samples,
                                                                         const std::vector<std::int32_t>& labels,
                                                                         double share, std::uint64_t seed) {
    std::vector<std::vector<std::int64_t>> members(class_sizes(labels).size());
    for (const std::int64_t sample : samples) {
        members.at(static_cast<std::size_t>(labels.at(static_cast<std::size_t>(sample)))).push_back(sample);
    }
    std::pair<std::vector<std::int64_t>, std::vector<std::int64_t>> parts;
    for (std::size_t c = 0; c < members.size(); ++c) {
        const auto size = static_cast<std::int64_t>(members[c].size());
        if (size == 0) {
            continue;
        }
        const std::int64_t wanted = std::max<std::int64_t>(1, std::llround(share * static_cast<double>(size)));
        const std::int64_t held = std::min(wanted, size - 1);
        const loader::SampleOrder order(seed ^ kHoldOutKey, static_cast<std::uint32_t>(c), size);
        for (std::int64_t i = 0; i < size; ++i) {
            const std::int64_t sample = members[c][static_cast<std::size_t>(order.at(i))];
            (i < held ? parts.second : parts.first).push_back(sample);
        }
    }
    std::sort(parts.first.begin(), parts.first.end());
    std::sort(parts.second.begin(), parts.second.end());
    return parts;
}

} // namespace tacit::eval
