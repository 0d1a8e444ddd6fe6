// SPDX-License-Identifier: Apache-2.0
#include "pipeline/base/digest.hpp"
#include "pipeline/base/error.hpp"
#include "pipeline/shards/file_bytes.hpp"
#include "pipeline/shards/images/formats.hpp"
#include "pipeline/shards/import/image_source.hpp"
#include "pipeline/shards/split_names.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <set>

namespace tacit::shards {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kMaxFileBytes = std::uint64_t{1} << 30;

struct Entry {
    std::string path;
    std::int32_t label = -1;
};

bool is_hidden(const fs::path& path) {
    return path.filename().string().starts_with('.');
}

std::vector<fs::path> subfolders(const fs::path& folder) {
    std::vector<fs::path> found;
    for (const fs::directory_entry& entry : fs::directory_iterator(folder)) {
        if (entry.is_directory() && !is_hidden(entry.path())) {
            found.push_back(entry.path());
        }
    }
    std::sort(found.begin(), found.end());
    return found;
}

/// In [0, 1), from the path within the tree: adding images moves none between splits.
double place_of(const std::string& relative_path) {
    constexpr std::size_t kDigits = 12;
    constexpr double kScale = 281474976710656.0; // 16^12
    return static_cast<double>(std::stoull(sha256_of(relative_path).substr(0, kDigits), nullptr, 16)) / kScale;
}

class ImageFolder : public ImageSource {
  public:
    explicit ImageFolder(const ImportOptions& options) : root_(options.source), test_fraction_(options.test_fraction) {
        std::vector<std::pair<std::string, fs::path>> roots;
        for (const fs::path& folder : subfolders(root_)) {
            if (const std::string split = split_of_word(folder.filename().string()); !split.empty()) {
                roots.emplace_back(split, folder);
            }
        }
        if (roots.empty()) {
            name_classes({root_});
            refuse_parent_of_splits();
            add_tree("", root_);
            return;
        }
        if (test_fraction_ > 0) {
            throw ConfigError(fmt::format("{}: --test-fraction is for folders without splits; this one has {}/",
                                          root_.string(), roots.front().second.filename().string()));
        }
        std::vector<fs::path> folders;
        folders.reserve(roots.size());
        for (const auto& [split, folder] : roots) {
            folders.push_back(folder);
        }
        name_classes(folders);
        for (const auto& [split, folder] : roots) {
            add_tree(split, folder);
        }
    }

    bool empty() const { return entries_.empty(); }
    std::string kind() const override { return "folder"; }
    std::vector<std::string> splits() const override {
        std::vector<std::string> names;
        for (const auto& [name, entries] : entries_) {
            names.push_back(name);
        }
        return in_split_order(names);
    }
    std::int64_t size(const std::string& split) const override {
        return static_cast<std::int64_t>(entries_.at(split).size());
    }
    std::vector<std::string> classes() const override { return classes_; }
    std::vector<std::string> files() const override {
        std::vector<std::string> paths;
        for (const auto& [split, entries] : entries_) {
            for (const Entry& entry : entries) {
                paths.push_back(entry.path);
            }
        }
        return paths;
    }
    bool encoded() const override { return true; }
    std::int64_t ignored() const override { return ignored_; }
    void read(const std::string& split, std::int64_t index, SourceImage& out) const override {
        read_whole(entry(split, index).path, out.bytes, kMaxFileBytes);
        out.shape = {};
    }
    void read_head(const std::string& split, std::int64_t index, std::size_t bytes, SourceImage& out) const override {
        const FileBytes file(entry(split, index).path);
        out.bytes.resize(static_cast<std::size_t>(std::min<std::uint64_t>(file.size(), bytes)));
        file.read(0, out.bytes.data(), out.bytes.size());
        out.shape = {};
    }
    std::int32_t label(const std::string& split, std::int64_t index) const override {
        return entry(split, index).label;
    }
    std::string name(const std::string& split, std::int64_t index) const override { return entry(split, index).path; }

  private:
    const Entry& entry(const std::string& split, std::int64_t index) const {
        return entries_.at(split).at(static_cast<std::size_t>(index));
    }

    /// A folder with nothing but a folder of train/ and test/ would become one class of everything.
    void refuse_parent_of_splits() const {
        if (classes_.size() != 1) {
            return;
        }
        const fs::path only = root_ / classes_.front();
        for (const fs::path& folder : subfolders(only)) {
            if (!split_of_word(folder.filename().string()).empty()) {
                throw ConfigError(fmt::format("{}: its one folder holds {}/; import {} itself", root_.string(),
                                              folder.filename().string(), only.string()));
            }
        }
    }

    void name_classes(const std::vector<fs::path>& folders) {
        std::set<std::string> names;
        for (const fs::path& folder : folders) {
            for (const fs::path& class_folder : subfolders(folder)) {
                names.insert(class_folder.filename().string());
            }
        }
        classes_.assign(names.begin(), names.end());
    }

    /// Images straight in `folder` are unlabelled, those below a subfolder have its name as class.
    void add_tree(const std::string& split, const fs::path& folder) {
        add_images(split, folder, -1, false);
        for (const fs::path& class_folder : subfolders(folder)) {
            const std::string name = class_folder.filename().string();
            const auto place = std::lower_bound(classes_.begin(), classes_.end(), name);
            add_images(split, class_folder, static_cast<std::int32_t>(place - classes_.begin()), true);
        }
    }

    void add_images(const std::string& split, const fs::path& folder, std::int32_t label, bool below) {
        std::vector<std::string> paths;
        const auto take = [&](const fs::directory_entry& file) {
            if (!file.is_regular_file() || is_hidden(file.path())) {
                return;
            }
            if (has_image_extension(file.path().filename().string())) {
                paths.push_back(file.path().string());
            } else {
                ++ignored_;
            }
        };
        if (below) {
            for (const fs::directory_entry& file : fs::recursive_directory_iterator(folder)) {
                take(file);
            }
        } else {
            for (const fs::directory_entry& file : fs::directory_iterator(folder)) {
                take(file);
            }
        }
        std::sort(paths.begin(), paths.end());
        for (std::string& path : paths) {
            const std::string to = split.empty() ? keyed_split(path) : split;
            entries_[to].push_back({std::move(path), label});
        }
    }

    std::string keyed_split(const std::string& path) const {
        const bool test =
            test_fraction_ > 0 && place_of(fs::path(path).lexically_relative(root_).string()) < test_fraction_;
        return test ? "test" : "train";
    }

    fs::path root_;
    double test_fraction_;
    std::vector<std::string> classes_;
    std::map<std::string, std::vector<Entry>> entries_;
    std::int64_t ignored_ = 0;
};

} // namespace

std::unique_ptr<ImageSource> open_image_folder(const ImportOptions& options) {
    if (!fs::is_directory(options.source)) {
        return nullptr;
    }
    auto folder = std::make_unique<ImageFolder>(options);
    return folder->empty() ? nullptr : std::move(folder);
}

} // namespace tacit::shards
