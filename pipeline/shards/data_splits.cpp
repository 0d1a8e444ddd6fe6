// SPDX-License-Identifier: Apache-2.0
#include "pipeline/shards/data_splits.hpp"

#include "pipeline/base/error.hpp"
#include "pipeline/shards/dataset_index.hpp"
#include "pipeline/shards/foreign_index.hpp"
#include "pipeline/shards/hdf5/attributes.hpp"
#include "pipeline/shards/hdf5/handle.hpp"
#include "pipeline/shards/shard_files.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <filesystem>

namespace tacit::shards {
namespace {

namespace fs = std::filesystem;

constexpr std::array<const char*, 6> kUsual = {"train", "val", "valid", "validation", "test", "unlabeled"};

template <class Holds> std::vector<std::string> usual_splits(const Holds& holds) {
    std::vector<std::string> found;
    std::copy_if(kUsual.begin(), kUsual.end(), std::back_inserter(found), holds);
    return found;
}

std::vector<std::string> splits_in_file(const DataSpec& spec) {
    const h5::Session session;
    const h5::Handle file = h5::open_file(spec.path);
    if (h5::has_attribute(file.get(), "tacit_format", spec.path)) {
        return h5::text_attribute(file.get(), "split", spec.path);
    }
    if (!spec.images.empty() && with_split(spec.images, "train") == spec.images) {
        return {};
    }
    return usual_splits([&](const char* split) {
        return spec.images.empty() ? guess_names(file.get(), split).has_value()
                                   : h5::has_object(file.get(), with_split(spec.images, split));
    });
}

std::vector<std::string> find_splits(const DataSpec& spec) {
    if (with_split(spec.path, "train") != spec.path) {
        return usual_splits([&](const char* split) {
            const std::string path = with_split(spec.path, split);
            return fs::exists(path) || !glob_files(path).empty();
        });
    }
    if (!fs::exists(spec.path) && spec.path.find_first_of("*?[") != std::string::npos) {
        DataSpec one = spec;
        one.path = matching_files(spec.path).front();
        return splits_in_file(one);
    }
    if (!fs::exists(spec.path)) {
        throw IoError(fmt::format("{}: no such file or folder", spec.path));
    }
    if (!fs::is_directory(spec.path)) {
        return splits_in_file(spec);
    }
    std::vector<std::string> splits = splits_in(spec.path);
    if (splits.empty()) {
        throw DataError(fmt::format("{}: the folder holds no .h5 files", spec.path));
    }
    return splits;
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

std::vector<std::string> splits_of(const DataSpec& spec) {
    std::vector<std::string> splits = spec.split_by.empty() ? find_splits(spec) : named_splits(spec);
    for (const SplitShare& share : spec.split_shares) {
        add_new(share.split, splits);
    }
    if (splits.empty()) {
        return {kUnnamedSplit};
    }
    const auto rank = [](const std::string& split) { return std::find(kUsual.begin(), kUsual.end(), split); };
    std::stable_sort(splits.begin(), splits.end(),
                     [&](const std::string& a, const std::string& b) { return rank(a) < rank(b); });
    return splits;
}

} // namespace tacit::shards
