// SPDX-License-Identifier: Apache-2.0
#include "eval/label_draw.hpp"

#include "pipeline/base/error.hpp"
#include "pipeline/loader/sample_order.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace tacit::eval {

namespace {

// Keys of the keyed permutations, so that label draws and held-out shares never share an order.
constexpr std::uint64_t kDrawKey = 0x6c6162656c730000ULL;
constexpr std::uint64_t kHoldOutKey = 0x686f6c646f757400ULL;

std::vector<std::vector<std::int64_t>> by_class(const std::vector<std::int32_t>& labels) {
    std::vector<std::vector<std::int64_t>> members(static_cast<std::size_t>(class_count(labels)));
    for (std::size_t i = 0; i < labels.size(); ++i) {
        if (labels[i] >= 0) {
            members[static_cast<std::size_t>(labels[i])].push_back(static_cast<std::int64_t>(i));
        }
    }
    return members;
}

} // namespace

std::int64_t class_count(const std::vector<std::int32_t>& labels) {
    const auto largest = std::max_element(labels.begin(), labels.end());
    if (largest == labels.end() || *largest < 0) {
        throw DataError("the split has no labels; this evaluation needs them");
    }
    return *largest + 1;
}

std::int64_t labels_per_class(const std::vector<std::int32_t>& labels, double fraction) {
    const auto labelled = std::count_if(labels.begin(), labels.end(), [](std::int32_t label) { return label >= 0; });
    const double share = fraction * static_cast<double>(labelled) / static_cast<double>(class_count(labels));
    return std::max<std::int64_t>(1, std::llround(share));
}

std::vector<std::int64_t> draw_labels(const std::vector<std::int32_t>& labels, std::int64_t per_class,
                                      std::uint64_t seed, std::int64_t draw) {
    std::vector<std::int64_t> drawn;
    const auto members = by_class(labels);
    for (std::size_t c = 0; c < members.size(); ++c) {
        const auto size = static_cast<std::int64_t>(members[c].size());
        if (size < per_class) {
            throw ConfigError(fmt::format(
                "cannot draw {} labels of each class: class {} has {}; lower eval.finetune.per_class or fraction",
                per_class, c, size));
        }
        const std::int64_t draws_a_round = size / per_class;
        const auto round = static_cast<std::uint64_t>(draw / draws_a_round);
        const loader::SampleOrder order(seed ^ kDrawKey ^ (round << 32), static_cast<std::uint32_t>(c), size);
        const std::int64_t first = draw % draws_a_round * per_class;
        for (std::int64_t i = first; i < first + per_class; ++i) {
            drawn.push_back(members[c][static_cast<std::size_t>(order.at(i))]);
        }
    }
    std::sort(drawn.begin(), drawn.end());
    return drawn;
}

std::pair<std::vector<std::int64_t>, std::vector<std::int64_t>> hold_out(const std::vector<std::int64_t>& samples,
                                                                         const std::vector<std::int32_t>& labels,
                                                                         double share, std::uint64_t seed) {
    std::vector<std::vector<std::int64_t>> members(static_cast<std::size_t>(class_count(labels)));
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
