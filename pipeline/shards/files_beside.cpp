// SPDX-License-Identifier: Apache-2.0
#include "pipeline/shards/files_beside.hpp"

#include "pipeline/base/error.hpp"
#include "pipeline/shards/format/shard_index.hpp"
#include "pipeline/shards/guess/numbered_names.hpp"
#include "pipeline/shards/index/dataset_index.hpp"
#include "pipeline/shards/labels/label_sets.hpp"
#include "pipeline/shards/splits/split_siblings.hpp"
#include "pipeline/shards/splits/split_text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <utility>
#include <vector>

namespace tacit::shards {
namespace {

namespace fs = std::filesystem;

/// The file of one split among those that `spec` names. Throws as index_file().
FileIndex index_of_split(const DataSpec& spec, const std::string& split) {
    DataSpec one = spec;
    one.images = with_split(spec.images, split);
    one.labels = with_split(spec.labels, split);
    return index_file(with_split(spec.path, split), one, "");
}

/// Of files that are one image each, a pattern is proposed; it must fit no others, and be readable.
void name_numbered(const NumberedFiles& found, std::int64_t images, Beside beside, LayoutGuess& made) {
    if (beside == Beside::folder && images != 1) {
        return;
    }
    const std::string some = fmt::format("{} files have names that differ in numbers alone", found.files.size());
    if (found.pattern.empty()) {
        made.notes.push_back(fmt::format("{} ({} … {}), but patterns for them match others too: keep them in a "
                                         "folder of their own to read all as one data set",
                                         some, fs::path(found.files.front()).filename().string(),
                                         fs::path(found.files.back()).filename().string()));
        return;
    }
    const std::string reads = fmt::format("{}: path: {} reads all", some, found.pattern);
    if (images != 1) {
        made.notes.push_back(reads);
        return;
    }
    DataSpec spec = made.spec;
    spec.path = found.pattern;
    const auto refusal = [&] {
        try {
            index_dataset(spec, made.train);
            return std::string();
        } catch (const Error& error) {
            return std::string(error.what());
        }
    };
    const std::string why = refusal();
    if (!why.empty() && spec.labels.empty()) { // labels may be open that one file leaves no doubt of
        spec.labels = "none";
    }
    if (why.empty() || (spec.labels != made.spec.labels && refusal().empty())) {
        made.spec = spec;
        made.notes.insert(made.notes.end(), why.empty() ? 0 : 1, why);
    } else {
        made.notes.push_back(fmt::format("{}, but for what follows: {}", reads, why));
    }
}

void take_splits(const std::string& path, const SplitSiblings& siblings, LayoutGuess& made) {
    DataSpec spec = made.spec;
    spec.path = siblings.pattern;
    spec.labels = label_pattern(path, made.spec.labels);
    std::vector<FoundSplit> together;
    for (const std::string& split : {siblings.train, siblings.test}) {
        try {
            together.push_back({split, split_text({index_of_split(spec, split)}, split)});
        } catch (const Error& error) {
            made.notes.push_back(fmt::format("not taken as split '{}': {}", split, error.what()));
            return;
        }
    }
    const NumberedFiles parts = numbered_files(path);
    const std::string before = spec.path.substr(0, std::min(spec.path.find("{split}"), spec.path.size()));
    for (const std::string& split : {siblings.train, siblings.test}) {
        if (parts.pattern.starts_with(before + split)) { // each split lies in several files
            spec.path = before + "{split}" + parts.pattern.substr(before.size() + split.size());
        }
    }
    made.spec = spec;
    made.splits = std::move(together);
    made.train = siblings.train;
    made.test = siblings.test;
}

} // namespace

void name_files_beside(const std::string& path, std::int64_t images, Beside beside, LayoutGuess& made) {
    if (const auto siblings = split_siblings(path)) {
        take_splits(path, *siblings, made);
    } else if (const NumberedFiles found = numbered_files(path); !found.files.empty()) {
        name_numbered(found, images, beside, made);
    }
}

} // namespace tacit::shards
