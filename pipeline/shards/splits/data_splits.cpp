// SPDX-License-Identifier: Apache-2.0
#include "pipeline/shards/splits/data_splits.hpp"

#include "pipeline/base/error.hpp"
#include "pipeline/base/file_kind.hpp"
#include "pipeline/shards/data_section.hpp"
#include "pipeline/shards/format/shard_files.hpp"
#include "pipeline/shards/guess/known_names.hpp"
#include "pipeline/shards/guess/layout_guess.hpp"
#include "pipeline/shards/hdf5/attributes.hpp"
#include "pipeline/shards/hdf5/groups/sample_groups.hpp"
#include "pipeline/shards/hdf5/handle.hpp"
#include "pipeline/shards/index/dataset_index.hpp"
#include "pipeline/shards/splits/split_choice.hpp"
#include "pipeline/shards/splits/split_names.hpp"
#include "pipeline/shards/splits/split_siblings.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <iterator>

namespace tacit::shards {
namespace {

namespace fs = std::filesystem;

template <class Holds> std::vector<std::string> those_of(const std::string& other, const Holds& holds) {
    std::vector<std::string> names;
    names.reserve(kSplitSpellings.size() + 1);
    for (const SplitSpelling& usual : kSplitSpellings) {
        names.emplace_back(usual.word);
    }
    if (std::find(names.begin(), names.end(), other) == names.end()) {
        names.push_back(other);
    }
    std::vector<std::string> found;
    std::copy_if(names.begin(), names.end(), std::back_inserter(found), holds);
    return found;
}

std::vector<std::string> splits_in_file(const DataSpec& spec, const std::string& path, const std::string& other) {
    const h5::Session session;
    const h5::Handle file = h5::open_file(path);
    if (h5::has_attribute(file.get(), "tacit_format", path)) {
        return h5::text_attribute(file.get(), "split", path);
    }
    if (!spec.images.empty() && !names_split(spec.images)) {
        return {};
    }
    return those_of(other, [&](const std::string& split) {
        return spec.images.empty() ? guess_names(file.get(), split).has_value()
                                   : h5::has_object(file.get(), h5::sample_parent(with_split(spec.images, split)));
    });
}

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

std::vector<std::string> told_splits(const DataSpec& spec, const std::string& other) {
    if (names_split(spec.path)) {
        return those_of(other, [&](const std::string& split) {
            return fs::exists(with_split(spec.path, split)) || !files_of_split(spec.path, split).empty();
        });
    }
    if (fs::is_directory(spec.path)) {
        std::vector<std::string> splits = splits_in(spec.path);
        if (splits.empty()) {
            throw DataError(fmt::format("{}: the folder holds no .h5 files; {}", spec.path, kinds_text(spec.path)));
        }
        for (const std::string& split : splits) {
            if (split_of_word(split).empty() && split_siblings(shard_files(spec.path, split).front())) {
                throw DataError(
                    fmt::format("{}: the names of its files hold words for splits; say where these stand, for "
                                "example with `{}`; `tacit data inspect {}` shows what there is",
                                spec.path, section_line(guess_folder(spec.path).spec), spec.path));
            }
        }
        return splits;
    }
    if (!fs::exists(spec.path) && !is_pattern(spec.path)) {
        throw IoError(fmt::format("{}: no such file or folder; is the path right?", spec.path));
    }
    return splits_in_file(spec, fs::exists(spec.path) ? spec.path : matching_files(spec.path).front(), other);
}

std::vector<std::string> splits_of(const DataSpec& spec, const std::string& other) {
    std::vector<std::string> splits = spec.split_by.empty() ? told_splits(spec, other) : named_splits(spec);
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
