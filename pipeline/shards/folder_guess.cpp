// SPDX-License-Identifier: Apache-2.0
#include "pipeline/base/error.hpp"
#include "pipeline/shards/layout_guess.hpp"
#include "pipeline/shards/shard_files.hpp"
#include "pipeline/shards/shard_index.hpp"
#include "pipeline/shards/split_siblings.hpp"
#include "pipeline/shards/split_text.hpp"

#include <algorithm>

namespace tacit::shards {

void choose_splits(LayoutGuess& made) {
    const auto has = [&](const std::string& name) {
        return std::any_of(made.splits.begin(), made.splits.end(),
                           [&](const auto& split) { return split.name == name; });
    };
    made.train = has("train") ? "train" : made.splits.front().name;
    for (const char* name : {"test", "val", "valid"}) {
        if (made.test.empty() && has(name) && made.train != name) {
            made.test = name;
        }
    }
}

LayoutGuess guess_folder(const std::string& folder) {
    LayoutGuess made;
    made.spec.path = folder;
    for (const std::string& split : splits_in(folder)) {
        const std::string file = shard_files(folder, split).front();
        if (split_siblings(file)) { // other people's names: words for splits, not the splits themselves
            if (LayoutGuess together = guess_layout(file); names_split(together.spec.path)) {
                return together;
            }
        }
        try {
            const FileIndex index = index_file(file, made.spec, "");
            made.splits.push_back({split, split_text(index, split)});
        } catch (const Error& error) {
            made.reason = made.reason.empty() ? error.what() : made.reason;
        }
    }
    if (made.splits.empty()) {
        return made;
    }
    made.reason.clear();
    choose_splits(made);
    return made;
}

} // namespace tacit::shards
