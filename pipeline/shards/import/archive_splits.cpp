// SPDX-License-Identifier: Apache-2.0
#include "pipeline/shards/import/archive_splits.hpp"

#include "pipeline/base/error.hpp"
#include "pipeline/base/words.hpp"
#include "pipeline/shards/splits/split_names.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <set>

namespace tacit::shards {
namespace {

namespace fs = std::filesystem;

/// As --splits says, where a path is that of an archive or of a folder of some; "": it is left out.
std::vector<std::string> told_splits(const ImportOptions& options, const std::vector<std::string>& paths,
                                     LeftOutList& left_out) {
    std::vector<std::string> splits(paths.size());
    for (const std::string& text : options.split_folders) {
        const ToldSplit told = told_split(text);
        bool any = false;
        for (std::size_t i = 0; i < paths.size(); ++i) {
            if (paths[i] != told.path && !paths[i].starts_with(told.path + "/")) {
                continue;
            }
            if (!splits[i].empty()) {
                throw ConfigError(fmt::format("--splits {}: {} is of split '{}' already; an image belongs to one "
                                              "split",
                                              one_line(text), one_line(paths[i]), splits[i]));
            }
            splits[i] = told.split;
            any = true;
        }
        if (!any) {
            throw ConfigError(fmt::format("--splits {}: {} holds no archive {}, nor a folder of some; it holds {}",
                                          one_line(text), options.path, one_line(told.path),
                                          first_few(paths, paths.size())));
        }
    }
    for (std::size_t i = 0; i < paths.size(); ++i) {
        if (splits[i].empty()) {
            left_out.add("archives that --splits does not name", paths[i]);
        }
    }
    return splits;
}

} // namespace

ArchiveSplits splits_of_archives(const ImportOptions& options, const std::vector<std::string>& below,
                                 LeftOutList& left_out) {
    const std::vector<std::string> all(below.size(), "train");
    const std::vector<std::string>& told = options.split_folders;
    if (told == std::vector<std::string>{"none"}) {
        return {all, false};
    }
    std::vector<std::string> paths;
    paths.reserve(below.size());
    for (const std::string& path : below) {
        paths.push_back(path.empty() ? fs::path(options.path).filename().string() : path);
    }
    if (!told.empty() && told != std::vector<std::string>{"auto"}) {
        return {told_splits(options, paths, left_out), false};
    }
    std::vector<std::string> splits;
    std::vector<std::string> unnamed;
    for (const std::string& path : paths) {
        splits.push_back(split_in_name(path));
        if (splits.back().empty()) {
            unnamed.push_back(path);
        }
    }
    if (unnamed.size() == paths.size()) {
        return {all, true};
    }
    if (!unnamed.empty()) {
        throw ConfigError(fmt::format("{}: some archives have a split's name, but {} have none; say which are of "
                                      "which split, as in --splits train={} (others are left out), or that none "
                                      "is: --splits none",
                                      options.path, first_few(unnamed, unnamed.size()), one_line(unnamed[0])));
    }
    return {splits, false};
}

std::string split_by_folders(const std::string& source, std::vector<ArchiveSample>& samples) {
    std::vector<std::vector<std::string>> folders; // of each image, the outermost first
    std::size_t deepest = 0;
    for (const ArchiveSample& sample : samples) {
        const fs::path path = fs::path(sample.image.name).lexically_normal().parent_path();
        folders.emplace_back(path.begin(), path.end());
        deepest = std::max(deepest, folders.back().size());
    }
    std::string doubt;
    for (std::size_t level = 0; level < deepest; ++level) {
        std::map<std::string, std::set<std::string>> names; // of each split; "": others
        std::vector<std::string> splits;
        for (const std::vector<std::string>& path : folders) {
            const std::string name = level < path.size() ? path[level] : std::string();
            const auto word = split_word(name);
            splits.push_back(word ? word->split : std::string());
            names[splits.back()].insert(one_line(name) + "/");
        }
        const bool all = !names.contains("");
        if (names.size() < (all ? 2U : 3U)) {
            continue;
        }
        std::vector<std::string> named;
        for (const auto& [split, its] : names) {
            named.insert(named.end(), split.empty() ? its.end() : its.begin(), its.end());
        }
        const std::string shown = first_few(named, named.size());
        if (all) {
            for (std::size_t i = 0; i < samples.size(); ++i) {
                samples[i].split = splits[i];
            }
            return fmt::format("images in archives are split by their folders {}; --splits none makes one split of "
                               "them",
                               shown);
        }
        doubt = doubt.empty() ? shown : doubt;
    }
    if (!doubt.empty()) {
        throw ConfigError(fmt::format("{}: folders in archives are named like splits ({}), but others beside them "
                                      "are not; unpack the archives and import the folder, where --splits says "
                                      "which are, or say that none is: --splits none",
                                      source, doubt));
    }
    return {};
}

} // namespace tacit::shards
