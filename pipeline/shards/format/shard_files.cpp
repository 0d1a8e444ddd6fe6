// SPDX-License-Identifier: Apache-2.0
#include "pipeline/shards/format/shard_files.hpp"

#include "pipeline/base/error.hpp"
#include "pipeline/base/file_kind.hpp"
#include "pipeline/shards/data_spec.hpp"
#include "pipeline/shards/guess/mask_names.hpp"
#include "pipeline/shards/hdf5/handle.hpp"
#include "pipeline/shards/import/left_out.hpp"
#include "pipeline/shards/splits/split_names.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <filesystem>
#include <glob.h>
#include <iterator>
#include <set>
#include <string_view>
#include <system_error>
#include <utility>

namespace tacit::shards {
namespace {

namespace fs = std::filesystem;

std::string split_of_name(const std::string& stem) {
    const std::size_t dash = stem.rfind('-');
    const bool numbered = dash != std::string::npos && dash + 1 < stem.size() &&
                          stem.find_first_not_of("0123456789", dash + 1) == std::string::npos;
    return numbered ? stem.substr(0, dash) : stem;
}

/// MATLAB's files are HDF5 since version 7.3.
bool may_be_hdf5(const fs::path& file) {
    const std::string extension = file.extension().string();
    return extension == ".h5" || extension == ".hdf5" || (extension == ".mat" && h5::is_hdf5(file.string()));
}

/// Whether the name of a file says its split: by a word, or by a number of five digits as shards have it.
bool tells_split(const fs::path& file) {
    constexpr std::size_t kDigits = 5;
    const std::string stem = file.stem().string();
    return split_word(stem) || stem.size() - split_of_name(stem).size() == kDigits + 1;
}

/// Masks and labels in files of their own are no images.
void refuse_masks(const std::string& where, const std::vector<std::string>& files) {
    const auto stem_of = [](const std::string& file) { return fs::path(file).stem().string(); };
    std::set<std::string> stems;
    std::transform(files.begin(), files.end(), std::inserter(stems, stems.end()), stem_of);
    std::vector<std::string> masks;
    for (const std::string& file : files) {
        if (stems.contains(masked_stem(stem_of(file)))) {
            masks.push_back(fs::path(file).filename().string());
        }
    }
    if (!masks.empty()) {
        throw DataError(
            fmt::format("{}: {} of {} files are named like masks or labels of others beside them ({}); move "
                        "them into a folder of their own",
                        where, masks.size(), files.size(), first_few(masks, masks.size())));
    }
}

/// (split, path) of every .h5 file in the folder: all are of the unnamed split where no name says one.
std::vector<std::pair<std::string, std::string>> named_files(const std::string& folder) {
    std::vector<std::pair<std::string, std::string>> found;
    std::error_code error;
    for (fs::directory_iterator entry(folder, error), end; !error && entry != end; entry.increment(error)) {
        if (may_be_hdf5(entry->path())) {
            found.emplace_back(split_of_name(entry->path().stem().string()), entry->path().string());
        }
    }
    if (error) {
        throw IoError(fmt::format("{}: cannot list the folder: {}", folder, error.message()));
    }
    std::vector<std::string> paths(found.size());
    std::transform(found.begin(), found.end(), paths.begin(), [](const auto& file) { return file.second; });
    std::sort(paths.begin(), paths.end());
    refuse_masks(folder, paths);
    if (std::none_of(found.begin(), found.end(), [](const auto& file) { return tells_split(file.second); })) {
        for (auto& [split, path] : found) {
            split = kUnnamedSplit;
        }
    }
    std::sort(found.begin(), found.end());
    return found;
}

/// The usual splits that a file belongs to rather than to `split`.
std::vector<std::string_view> those_before(const std::string& split) {
    std::vector<std::string_view> before;
    bool listed = false;
    for (const auto& [other, meaning] : kSplitSpellings) {
        listed = listed || other == split;
        if (other.size() > split.size() || (other.size() == split.size() && !listed)) {
            before.push_back(other);
        }
    }
    return before;
}

} // namespace

std::vector<std::string> glob_files(const std::string& pattern) {
    glob_t found{};
    const int result = glob(pattern.c_str(), 0, nullptr, &found);
    std::vector<std::string> files;
    if (result == 0) {
        files.assign(found.gl_pathv, found.gl_pathv + found.gl_pathc);
        std::sort(files.begin(), files.end()); // by bytes, whatever the locale
    }
    globfree(&found);
    return files;
}

std::string shard_path(const std::string& folder, const std::string& split, int number) {
    return fmt::format("{}/{}-{:05d}.h5", folder, split, number);
}

std::vector<std::string> splits_in(const std::string& folder) {
    std::set<std::string> splits;
    for (const auto& [split, path] : named_files(folder)) {
        splits.insert(split);
    }
    return {splits.begin(), splits.end()};
}

std::vector<std::string> shard_files(const std::string& folder, const std::string& split) {
    if (!fs::exists(folder)) {
        throw IoError(fmt::format("{}: no such file or folder; make it with `tacit data import SOURCE --out {}`",
                                  folder, folder));
    }
    std::vector<std::string> files;
    for (const auto& [name, path] : named_files(folder)) {
        if (name == split || split_of_name(fs::path(path).stem().string()) == split) {
            files.push_back(path);
        }
    }
    if (files.empty()) {
        const std::vector<std::string> splits = splits_in(folder);
        throw DataError(fmt::format("{}: no split '{}'; {}", folder, split,
                                    splits.empty()
                                        ? "the folder holds no .h5 files; " + kinds_text(folder)
                                        : fmt::format("it holds: {}; `tacit data inspect {}` shows how it is "
                                                      "read",
                                                      fmt::join(splits, ", "), folder)));
    }
    return files;
}

bool is_pattern(const std::string& path) {
    return path.find_first_of("*?[") != std::string::npos && !fs::exists(path);
}

std::vector<std::string> files_of_split(const std::string& pattern, const std::string& split) {
    std::vector<std::string> files = glob_files(with_split(pattern, split));
    for (const std::string_view other : those_before(split)) {
        const std::vector<std::string> taken = glob_files(with_split(pattern, std::string(other)));
        std::erase_if(files,
                      [&](const std::string& file) { return std::binary_search(taken.begin(), taken.end(), file); });
    }
    return files;
}

std::vector<std::string> matching_files(const std::string& pattern) {
    std::vector<std::string> files = glob_files(pattern);
    if (files.empty()) {
        throw IoError(fmt::format("{}: no file matches; is the pattern right?", pattern));
    }
    refuse_masks(pattern, files);
    return files;
}

} // namespace tacit::shards
