// SPDX-License-Identifier: Apache-2.0
#include "pipeline/shards/label_guess.hpp"

#include "pipeline/base/error.hpp"
#include "pipeline/shards/hdf5/location.hpp"
#include "pipeline/shards/labels.hpp"
#include "pipeline/shards/shard_index.hpp"
#include "pipeline/shards/split_siblings.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <filesystem>
#include <optional>
#include <string_view>
#include <utility>

namespace tacit::shards {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMaxCsvFiles = 8;
constexpr std::size_t kMaxNote = 400;

const std::vector<std::string> kNames = {"labels", "label", "y", "Y", "ans", "target", "targets", "class", "classes"};
const std::vector<std::string> kColumns = {"target", "label", "class", "y", "diagnosis"};
/// Words for images at the end of a file's name, and those for labels in their place.
constexpr std::array<std::pair<const char*, const char*>, 6> kPairs = {
    {{"_x", "_y"}, {"-x", "-y"}, {"_X", "_Y"}, {"images", "labels"}, {"image", "label"}, {"imgs", "labels"}}};

std::string folder_of(const std::string& path) {
    return path.substr(0, path.size() - fs::path(path).filename().string().size());
}

/// The name of the file of labels that goes with a file of images; empty if the name holds no word for images.
std::string label_file(const std::string& path, const std::pair<const char*, const char*>& words) {
    const std::string stem = fs::path(path).stem().string();
    const std::string_view images = words.first;
    const bool fits = stem.size() > images.size() && stem.ends_with(images);
    return fits ? stem.substr(0, stem.size() - images.size()) + words.second + fs::path(path).extension().string()
                : std::string();
}

class Search {
  public:
    Search(const std::string& path, const std::string& pattern, const DataSpec& spec, std::int64_t count)
        : path_(path), pattern_(pattern), spec_(spec), count_(count) {}

    LabelGuess run(const std::string& usual) {
        made_.found = in_file(usual) || in_groups() || in_file_beside() || in_csv();
        if (!made_.found && refused_) {
            made_.key = "none"; // else the reader would try, and warn of, what was refused
            made_.pattern = "none";
        }
        return std::move(made_);
    }

  private:
    /// Whether data set `name` of the file at `path` holds labels. One that holds something else is noted.
    bool holds_labels(const std::string& path, const std::string& name) {
        try {
            const h5::Located at = h5::locate(path, name, spec_.roots);
            read_labels(at.object.get(), fmt::format("'{}'", name), count_);
            return true;
        } catch (const Error& error) {
            refused_ = true;
            const std::string why = error.what();
            made_.notes.push_back("no labels: " + (why.size() > kMaxNote ? why.substr(0, kMaxNote) + "…" : why));
            return false;
        }
    }

    bool in_file(const std::string& usual) {
        if (!usual.empty() && holds_labels(path_, usual)) {
            return true; // the reader finds it
        }
        const h5::Handle file = h5::open_file(path_);
        const std::size_t slash = spec_.images.rfind('/');
        const std::string group = slash == std::string::npos ? "" : spec_.images.substr(0, slash + 1);
        for (const std::string& prefix : {group, std::string()}) {
            for (const std::string& name : kNames) {
                if (prefix + name != usual && h5::has_object(file.get(), prefix + name) &&
                    holds_labels(path_, prefix + name)) {
                    made_.key = prefix + name;
                    made_.pattern = made_.key;
                    return true;
                }
            }
            if (group.empty()) {
                break;
            }
        }
        return false;
    }

    /// Whether the file can be indexed with `key`, and gives classes.
    bool gives_classes(const std::string& key) {
        DataSpec spec = spec_;
        spec.labels = key;
        try {
            return !index_file(path_, spec, "train").classes.empty();
        } catch (const Error&) {
            return false;
        }
    }

    /// Whether each image is a data set of a group.
    bool is_group() {
        try {
            return !spec_.images.empty() &&
                   h5::shape_of(h5::locate(path_, spec_.images, spec_.roots).object.get()) == h5::Shape::group;
        } catch (const Error&) {
            return false;
        }
    }

    bool in_groups() { return is_group() && gives_classes("group"); }

    bool in_file_beside() {
        for (const auto& words : kPairs) {
            const std::string name = label_file(path_, words);
            std::error_code error;
            if (name.empty() || !fs::is_regular_file(folder_of(path_) + name, error)) {
                continue;
            }
            if (const auto set = labels_in(folder_of(path_) + name)) {
                made_.key = name + ":" + *set;
                made_.pattern = pattern_.empty() ? made_.key : label_file(pattern_, words) + ":" + *set;
                return true;
            }
        }
        return false;
    }

    std::optional<std::string> labels_in(const std::string& path) {
        try {
            const h5::Handle file = h5::open_file(path);
            std::vector<std::string> names = kNames;
            for (const h5::ListedSet& set : h5::list_datasets(file.get())) {
                names.push_back(set.name);
            }
            for (const std::string& name : names) {
                if (h5::has_object(file.get(), name) && holds_labels(path, name)) {
                    return name;
                }
            }
        } catch (const Error&) { // no HDF5 file
            return std::nullopt;
        }
        return std::nullopt;
    }

    bool in_csv() {
        if (!is_group()) {
            return false;
        }
        std::error_code error;
        std::vector<std::string> files;
        for (fs::directory_iterator entry(fs::path(path_).parent_path().empty() ? "." : folder_of(path_), error), end;
             !error && entry != end; entry.increment(error)) {
            if (entry->path().extension() == ".csv") {
                files.push_back(entry->path().filename().string());
            }
        }
        std::sort(files.begin(), files.end());
        files.resize(std::min(files.size(), kMaxCsvFiles));
        for (const std::string& file : files) {
            for (const std::string& column : kColumns) {
                if (gives_classes(fmt::format("{}:{}", file, column))) {
                    made_.key = fmt::format("{}:{}", file, column);
                    const auto siblings = split_siblings(folder_of(path_) + file);
                    made_.pattern = siblings
                                        ? fmt::format("{}:{}", fs::path(siblings->pattern).filename().string(), column)
                                        : made_.key;
                    return true;
                }
            }
        }
        return false;
    }

    const std::string& path_;
    const std::string& pattern_;
    const DataSpec& spec_;
    std::int64_t count_;
    bool refused_ = false;
    LabelGuess made_;
};

/// Whether a name says that a data set holds labels.
bool named_as_labels(const std::string& name) {
    constexpr std::array<const char*, 4> kWords = {"label", "class", "target", "categor"};
    std::string lower = name;
    std::transform(lower.begin(), lower.end(), lower.begin(), [](unsigned char c) { return std::tolower(c); });
    const std::string last = lower.substr(lower.rfind('/') + 1); // npos + 1: from the beginning
    return last == "y" || last == "ans" ||
           std::any_of(kWords.begin(), kWords.end(), [&](const char* word) { return lower.find(word) != lower.npos; });
}

} // namespace

LabelGuess guess_labels(const std::string& path, const std::string& sibling_pattern, const DataSpec& spec,
                        const std::string& usual, std::int64_t count) {
    return Search(path, sibling_pattern, spec, count).run(usual);
}

std::string other_labels(const std::string& path, const std::vector<h5::ListedSet>& sets, std::int64_t count,
                         const std::vector<std::string>& taken) {
    std::string others;
    for (const h5::ListedSet& set : sets) {
        if (set.kind == h5::Shape::pixels || !named_as_labels(set.name) ||
            std::find(taken.begin(), taken.end(), set.name) != taken.end()) {
            continue;
        }
        try {
            const h5::Located at = h5::locate(path, set.name, {});
            const Labels labels = read_labels(at.object.get(), set.name, count);
            others += fmt::format("{}'{}' ({} classes)", others.empty() ? "" : ", ", set.name, labels.classes.size());
        } catch (const Error&) { // other numbers, other texts, or damaged
            continue;
        }
    }
    return others;
}

} // namespace tacit::shards
