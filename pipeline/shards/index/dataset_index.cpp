// SPDX-License-Identifier: Apache-2.0
#include "pipeline/shards/index/dataset_index.hpp"

#include "pipeline/base/error.hpp"
#include "pipeline/base/log.hpp"
#include "pipeline/shards/format/shard_files.hpp"
#include "pipeline/shards/format/shard_index.hpp"
#include "pipeline/shards/index/foreign_index.hpp"
#include "pipeline/shards/index/index_cache.hpp"
#include "pipeline/shards/labels/class_names.hpp"
#include "pipeline/shards/read/encoded_kind.hpp"
#include "pipeline/shards/splits/split_choice.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <string_view>
#include <unordered_map>
#include <utility>

namespace tacit::shards {
namespace {

constexpr std::string_view kPlace = "{split}";

/// Every property that a reader relies on must agree between the files of a split.
void check_agreement(const FileIndex& first, const FileIndex& other) {
    const char* what = nullptr;
    if (first.shape != other.shape) {
        what = "image shape";
    } else if (first.parts.front().encoded() != other.parts.front().encoded() || first.format != other.format) {
        what = "layout";
    } else if (first.element != other.element || first.value_range != other.value_range) {
        what = "type or range of numbers";
    } else if (first.format == "tacit" && first.classes != other.classes) {
        what = "classes";
    } else if (first.total != other.total) {
        what = "total number of images";
    }
    if (what != nullptr) {
        throw DataError(
            fmt::format("{}: differs from {} in {}; the folder mixes imports", other.path, first.path, what));
    }
}

void check_total(const DatasetIndex& index) {
    std::int64_t images = 0;
    for (const FileIndex& file : index.files) {
        images += file.count;
    }
    const std::int64_t total = index.files.front().total;
    if (total >= 0 && images != total) {
        throw DataError(fmt::format("{}: split '{}' has {} of {} images; a shard is missing, import the images again",
                                    index.path, index.split, images, total));
    }
}

/// Labels are compared in all files together: those of files with one image each tell the same in every one.
void check_rivals(const DatasetIndex& index) {
    LabelRivals rivals = index.files.front().rivals;
    std::size_t images = 0;
    for (const FileIndex& file : index.files) {
        rivals.join(file.rivals);
        images += file.labels.size();
    }
    if (const std::string doubt = rivals.doubt(images); !doubt.empty()) {
        throw UnsureReading(fmt::format("{}: {}; say which it is", index.path, doubt));
    }
}

/// What files say, each thing once: with the first of the files that say so, but for their names and numbers.
class Notes {
  public:
    void add(const FileIndex& file, const std::string& line) {
        std::string kind = line;
        for (std::size_t at = kind.find(file.path); at != std::string::npos; at = kind.find(file.path)) {
            kind.erase(at, file.path.size());
        }
        std::erase_if(kind, [](char letter) { return letter >= '0' && letter <= '9'; });
        const auto [known, fresh] = places_.try_emplace(std::move(kind), lines_.size());
        if (fresh) {
            lines_.emplace_back(line, 0);
        }
        ++lines_[known->second].second;
    }

    void warn() const {
        constexpr std::size_t kShown = 20;
        for (std::size_t i = 0; i < std::min(kShown, lines_.size()); ++i) {
            const auto& [line, files] = lines_[i];
            log::warning(files == 1 ? line : fmt::format("{} (the first of {} such files)", line, files));
        }
        if (lines_.size() > kShown) {
            log::warning(fmt::format("files say {} more things; `tacit data inspect FILE` shows those of one, such as: "
                                     "{}",
                                     lines_.size() - kShown, lines_[kShown].first));
        }
    }

  private:
    std::unordered_map<std::string, std::size_t> places_;
    std::vector<std::pair<std::string, std::size_t>> lines_; ///< and how many files say it
};

/// What files leave open or out; labels or names of theirs not where another file tells them.
void warn_of_notes(const std::vector<FileIndex>& files) {
    const std::vector<std::string>& classes = files.front().classes;
    const bool named = !classes.empty() && classes.back() != std::to_string(classes.size() - 1);
    Notes notes;
    for (const FileIndex& file : files) {
        if (!file.open_labels.empty() && !named) {
            notes.add(file, file.open_labels);
        }
        for (const std::string& note : file.notes) {
            notes.add(file, note);
        }
    }
    notes.warn();
}

} // namespace

std::string with_split(std::string text, const std::string& split) {
    for (std::size_t at = text.find(kPlace); at != std::string::npos; at = text.find(kPlace, at + split.size())) {
        text.replace(at, kPlace.size(), split);
    }
    return text;
}

bool names_split(const std::string& text) {
    return text.find(kPlace) != std::string::npos;
}

std::vector<std::string> data_files(const DataSpec& spec, const std::string& split) {
    const std::string stored = stored_split(spec, split);
    std::string path = with_split(spec.path, stored);
    if (std::filesystem::is_directory(path)) {
        return shard_files(path, stored);
    }
    if (!is_pattern(path)) {
        return {std::move(path)};
    }
    std::vector<std::string> files = matching_files(path);
    if (names_split(spec.path)) {
        files = files_of_split(spec.path, stored);
    }
    if (files.empty()) {
        throw IoError(fmt::format("{}: no file matches but those of splits with longer names", path));
    }
    return files;
}

DatasetIndex index_files(const DataSpec& spec, const std::string& split) {
    const std::string stored = stored_split(spec, split);
    DatasetIndex index{with_split(spec.path, stored), split, {}};
    const bool folder = std::filesystem::is_directory(index.path);
    const bool one_a_split = names_split(spec.path); // the name says which split the file holds
    const std::string wanted = folder || one_a_split ? std::string() : stored;
    if (!wanted.empty() && wanted != kUnnamedSplit && !spec.images.empty() && !names_split(spec.images)) {
        throw ConfigError(
            fmt::format("data.images names {} whatever the split, so there is no split '{}': write {} for the "
                        "split in it, or deal out its images with data.split_shares or data.split_by",
                        spec.images, split, kPlace));
    }
    DataSpec of_split = spec;
    of_split.images = with_split(spec.images, stored);
    of_split.labels = with_split(spec.labels, stored);
    for (const std::string& file : data_files(spec, split)) {
        index.files.push_back(spec.index_cache ? cached_index(file, of_split, wanted)
                                               : index_file(file, of_split, wanted));
        const FileIndex& found = index.files.back();
        if (folder && found.format == "tacit" && found.split != stored) {
            throw DataError(fmt::format("{}: holds split '{}' under the name of '{}'", file, found.split, stored));
        }
    }
    unite_encoded_kinds(index.files);
    for (const FileIndex& file : index.files) {
        check_agreement(index.files.front(), file);
    }
    if (folder) {
        check_total(index);
    }
    check_rivals(index);
    unite_classes(index.files);
    warn_of_notes(index.files);
    return index;
}

DatasetIndex index_dataset(const DataSpec& spec, const std::string& split) {
    DatasetIndex index = index_files(spec, split);
    choose_split(spec, split, index.files);
    return index;
}

} // namespace tacit::shards
