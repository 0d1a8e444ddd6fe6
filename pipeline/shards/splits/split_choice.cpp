// SPDX-License-Identifier: Apache-2.0
#include "pipeline/shards/splits/split_choice.hpp"

#include "augment/random/philox.hpp"
#include "pipeline/base/error.hpp"
#include "pipeline/shards/splits/data_splits.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <stdexcept>
#include <utility>

namespace tacit::shards {
namespace {

/// An image and where the draw puts it.
using Drawn = std::pair<std::uint64_t, std::size_t>;

std::uint64_t place_of(std::size_t image, std::uint64_t seed) {
    constexpr std::uint32_t kPurpose = 0x73706c74; // so that no augmentation draws the same words
    const augment::PhiloxCounter words = augment::philox4x32(
        {static_cast<std::uint32_t>(image), static_cast<std::uint32_t>(std::uint64_t{image} >> 32), kPurpose, 0},
        {static_cast<std::uint32_t>(seed), static_cast<std::uint32_t>(seed >> 32)});
    return std::uint64_t{words[0]} << 32 | words[1];
}

/// The shares before `split` and up to its end.
std::pair<double, double> cumulated(const std::vector<SplitShare>& shares, const std::string& split) {
    double before = 0;
    for (const SplitShare& share : shares) {
        if (share.split == split) {
            return {before, before + share.share};
        }
        before += share.share;
    }
    throw std::logic_error("draw_split: no share for split '" + split + "'");
}

bool has_share(const DataSpec& spec, const std::string& split) {
    return std::any_of(spec.split_shares.begin(), spec.split_shares.end(),
                       [&](const SplitShare& share) { return share.split == split; });
}

/// Chooses the images that the file itself says are of `split`, and tells whether there are any.
bool choose_named(FileIndex& file, const std::string& split) {
    const auto name = std::find(file.split_names.begin(), file.split_names.end(), split);
    const auto wanted = static_cast<std::int32_t>(name - file.split_names.begin());
    file.chosen.clear();
    for (const std::int32_t one : file.splits) {
        file.chosen.push_back(one == wanted ? 1 : 0);
    }
    return name != file.split_names.end();
}

/// Chooses the share of the images that `split` gets, over all files.
void choose_share(const DataSpec& spec, const std::string& split, std::vector<FileIndex>& files) {
    std::vector<std::int32_t> labels;
    for (const FileIndex& file : files) {
        labels.insert(labels.end(), file.labels.begin(), file.labels.end());
    }
    const std::vector<std::uint8_t> chosen = draw_split(labels, spec.split_shares, split, spec.split_seed);
    auto next = chosen.begin();
    for (FileIndex& file : files) {
        const auto end = next + static_cast<std::ptrdiff_t>(file.labels.size());
        file.chosen.assign(next, end);
        next = end;
    }
}

} // namespace

std::vector<std::uint8_t> draw_split(const std::vector<std::int32_t>& labels, const std::vector<SplitShare>& shares,
                                     const std::string& split, std::uint64_t seed) {
    const auto [begin, end] = cumulated(shares, split);
    std::map<std::int32_t, std::vector<Drawn>> classes;
    for (std::size_t image = 0; image < labels.size(); ++image) {
        classes[labels[image]].emplace_back(place_of(image, seed), image);
    }
    std::vector<std::uint8_t> chosen(labels.size(), 0);
    for (auto& [label, images] : classes) {
        std::sort(images.begin(), images.end());
        const auto cut = [size = images.size()](double share) {
            return std::min(size, static_cast<std::size_t>(std::llround(share * static_cast<double>(size))));
        };
        for (std::size_t i = cut(begin); i < cut(end); ++i) {
            chosen[images[i].second] = 1;
        }
    }
    return chosen;
}

std::string stored_split(const DataSpec& spec, const std::string& split) {
    if (spec.split_by.empty() && !has_share(spec, split)) {
        return split;
    }
    if (!spec.split_by.empty() || has_share(spec, kUnnamedSplit)) {
        return kUnnamedSplit;
    }
    const std::string& first = spec.split_shares.front().split;
    const std::vector<std::string> told = told_splits(spec, first);
    return std::find(told.begin(), told.end(), first) != told.end() ? first : kUnnamedSplit;
}

void choose_split(const DataSpec& spec, const std::string& split, std::vector<FileIndex>& files) {
    if (!spec.split_by.empty()) {
        bool found = false;
        for (FileIndex& file : files) {
            found = choose_named(file, split) || found;
        }
        if (!found) {
            throw DataError(fmt::format("{}: no split '{}'; data.split_by names: {}", files.front().path, split,
                                        fmt::join(files.front().split_names, ", ")));
        }
    } else if (has_share(spec, split)) {
        choose_share(spec, split, files);
    }
}

} // namespace tacit::shards
