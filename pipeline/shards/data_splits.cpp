// SPDX-License-Identifier: Apache-2.0
#include "pipeline/shards/data_splits.hpp"

#include "pipeline/shards/dataset_index.hpp"
#include "pipeline/shards/split_choice.hpp"
#include "pipeline/shards/split_names.hpp"
#include "pipeline/shards/told_splits.hpp"

#include <algorithm>

namespace tacit::shards {
namespace {

void add_new(const std::string& split, std::vector<std::string>& splits) {
    if (std::find(splits.begin(), splits.end(), split) == splits.end()) {
        splits.push_back(split);
    }
}

/// What split_by holds.
std::vector<std::string> named_splits(const DataSpec& spec) {
    std::vector<std::string> splits;
    for (const FileIndex& file : index_files(spec, kUnnamedSplit).files) {
        for (const std::string& split : file.split_names) {
            add_new(split, splits);
        }
    }
    return splits;
}

} // namespace

std::vector<std::string> splits_of(const DataSpec& spec) {
    std::vector<std::string> splits = spec.split_by.empty() ? told_splits(spec) : named_splits(spec);
    if (!spec.split_shares.empty()) { // the split that is shared out is there no more, unless it gets a share
        std::erase(splits, stored_split(spec, spec.split_shares.front().split));
    }
    for (const SplitShare& share : spec.split_shares) {
        add_new(share.split, splits);
    }
    if (splits.empty()) {
        return {kUnnamedSplit};
    }
    const auto rank = [](const std::string& split) {
        return std::find_if(kSplitSpellings.begin(), kSplitSpellings.end(),
                            [&](const SplitSpelling& usual) { return usual.word == split; });
    };
    std::stable_sort(splits.begin(), splits.end(),
                     [&](const std::string& a, const std::string& b) { return rank(a) < rank(b); });
    return splits;
}

} // namespace tacit::shards
