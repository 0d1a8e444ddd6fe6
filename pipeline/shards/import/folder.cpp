// SPDX-License-Identifier: Apache-2.0
#include "pipeline/base/digest.hpp"
#include "pipeline/base/error.hpp"
#include "pipeline/shards/file_bytes.hpp"
#include "pipeline/shards/import/image_source.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <map>
#include <set>
#include <system_error>

namespace tacit::shards {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kMaxFileBytes = std::uint64_t{1} << 30;

struct Entry {
    std::string path;
    std::int32_t label = -1;
};

std::string lower(std::string text) {
    std::transform(text.begin(), text.end(), text.begin(),
                   [](unsigned char letter) { return static_cast<char>(std::tolower(letter)); });
    return text;
}

bool is_image(const fs::path& path) {
    const std::string extension = lower(path.extension().string());
    return extension == ".jpg" || extension == ".jpeg" || extension == ".png";
}

bool is_hidden(const fs::path& path) {
    return path.filename().string().starts_with('.');
}

/// "train", "test", "val" for the usual folder names; "" for others.
std::string split_of_folder(const std::string& name) {
    static const std::map<std::string, std::string> kSplits = {
        {"train", "train"}, {"training", "train"}, {"test", "test"},      {"testing", "test"},
        {"val", "val"},     {"valid", "val"},      {"validation", "val"},
    };
    const auto found = kSplits.find(lower(name));
    return found == kSplits.end() ? std::string() : found->second;
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
            if (const std::string split = split_of_folder(folder.filename().string()); !split.empty()) {
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
        for (const char* name : {"train", "val", "test"}) {
            if (entries_.contains(name)) {
                names.emplace_back(name);
            }
        }
        return names;
    }
    std::int64_t size(const std::string& split) const override {
        return static_cast<std::int64_t>(entries_.at(split).size());
    }
    std::vector<std::string> classes() const override { return classes_; }
    bool encoded() const override { return true; }
    std::int64_t ignored() const override { return ignored_; }
    void read(const std::string& split, std::int64_t index, SourceImage& out) const override {
        read_whole(entry(split, index).path, out.bytes, kMaxFileBytes);
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
            if (!split_of_folder(folder.filename().string()).empty()) {
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
            if (is_image(file.path())) {
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
    try {
        auto folder = std::make_unique<ImageFolder>(options);
        if (folder->empty()) {
            return nullptr;
        }
        return folder;
    } catch (const fs::filesystem_error& error) {
        throw IoError(fmt::format("{}: cannot list: {}", error.path1().string(), error.code().message()));
    }
}

} // namespace tacit::shards
