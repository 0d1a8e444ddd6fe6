// SPDX-License-Identifier: Apache-2.0
#include "pipeline/base/digest.hpp"
#include "pipeline/base/error.hpp"
#include "pipeline/shards/file_bytes.hpp"
#include "pipeline/shards/import/folder/reading.hpp"
#include "pipeline/shards/import/folder/scan.hpp"
#include "pipeline/shards/import/image_source.hpp"
#include "pipeline/shards/split_names.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <map>
#include <set>
#include <system_error>
#include <utility>

namespace tacit::shards {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kMaxFileBytes = std::uint64_t{1} << 30;

struct Entry {
    std::string path; ///< below the root
    std::int32_t label = -1;
};

std::string joined(const std::string& folder, const std::string& name) {
    return folder.empty() ? name : folder + "/" + name;
}

void add_tables(const Folder& folder, std::vector<SourceTable>& tables) {
    for (const std::string& path : folder.tables) {
        tables.push_back({path, folder.path});
    }
    for (const Folder& one : folder.folders) {
        add_tables(one, tables);
    }
}

void add_paths(const Folder& folder, bool below, std::vector<std::string>& paths) {
    for (const std::string& name : folder.images) {
        paths.push_back(joined(folder.path, name));
    }
    for (std::size_t i = 0; below && i < folder.folders.size(); ++i) {
        add_paths(folder.folders[i], below, paths);
    }
}

/// Moves a share of the images of each class to the test split, in an order keyed by their paths; one of each class at
/// least stays.
void draw_test_split(double share, std::vector<Entry>& train, std::vector<Entry>& test) {
    std::map<std::int32_t, std::vector<std::pair<std::string, std::size_t>>> classes;
    for (std::size_t i = 0; i < train.size(); ++i) {
        classes[train[i].label].emplace_back(sha256_of(train[i].path), i);
    }
    std::set<std::size_t> drawn;
    for (auto& [label, images] : classes) {
        std::sort(images.begin(), images.end());
        const auto size = static_cast<double>(images.size());
        const auto count = static_cast<std::size_t>(std::min(size - 1, std::round(share * size)));
        for (std::size_t i = 0; i < count; ++i) {
            drawn.insert(images[i].second);
        }
    }
    std::vector<Entry> kept;
    for (std::size_t i = 0; i < train.size(); ++i) {
        (drawn.contains(i) ? test : kept).push_back(std::move(train[i]));
    }
    train = std::move(kept);
}

class ImageFolder : public ImageSource {
  public:
    explicit ImageFolder(const ImportOptions& options) : root_(options.source) {
        while (root_.size() > 1 && root_.ends_with('/')) {
            root_.pop_back();
        }
        const FolderTree tree = scan_folder(root_);
        add_tables(tree.root, tables_);
        left_out_ = tree.left_out;
        if (tree.root.images_below > 0) {
            take(read_folders(tree.root, root_, options.split_folders));
            draw(options.test_fraction);
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
                paths.push_back(joined(root_, entry.path));
            }
        }
        return paths;
    }
    bool encoded() const override { return true; }
    LeftOutList left_out() const override {
        LeftOutList all;
        for (const SourceTable& table : tables_) {
            if (!used_.contains(table.path)) {
                all.add(kNoImages, table.path);
            }
        }
        all.add(left_out_);
        return all;
    }
    void use_table(const std::string& path) override {
        for (const SourceTable& table : tables_) {
            const fs::path own = joined(root_, table.path);
            std::error_code error;
            if (own.filename() == fs::path(path).filename() && fs::equivalent(own, path, error)) {
                used_.insert(table.path);
            }
        }
    }
    std::vector<std::string> notes() const override { return notes_; }
    std::vector<SourceTable> tables() const override { return tables_; }
    void read(const std::string& split, std::int64_t index, SourceImage& out) const override {
        read_whole(name(split, index), out.bytes, kMaxFileBytes);
        out.shape = {};
    }
    void read_head(const std::string& split, std::int64_t index, std::size_t bytes, SourceImage& out) const override {
        const FileBytes file(name(split, index));
        out.bytes.resize(static_cast<std::size_t>(std::min<std::uint64_t>(file.size(), bytes)));
        file.read(0, out.bytes.data(), out.bytes.size());
        out.shape = {};
    }
    std::int32_t label(const std::string& split, std::int64_t index) const override {
        return entry(split, index).label;
    }
    std::string name(const std::string& split, std::int64_t index) const override {
        return joined(root_, entry(split, index).path);
    }
    std::string key(const std::string& split, std::int64_t index) const override { return entry(split, index).path; }

  private:
    const Entry& entry(const std::string& split, std::int64_t index) const {
        return entries_.at(split).at(static_cast<std::size_t>(index));
    }

    void take(const FolderReading& reading) {
        notes_ = reading.notes;
        left_out_.add(reading.left_out);
        std::set<std::string> names;
        for (const FolderGroup& group : reading.groups) {
            names.insert(group.name);
        }
        names.erase("");
        classes_.assign(names.begin(), names.end());
        for (const FolderGroup& group : reading.groups) {
            const auto place = std::lower_bound(classes_.begin(), classes_.end(), group.name);
            const std::int32_t label = group.name.empty() ? -1 : static_cast<std::int32_t>(place - classes_.begin());
            std::vector<std::string> paths;
            add_paths(*group.folder, group.below, paths);
            std::sort(paths.begin(), paths.end());
            for (std::string& path : paths) {
                entries_[group.split].push_back({std::move(path), label});
            }
        }
    }

    void draw(double share) {
        const auto whole = entries_.find("");
        if (share > 0 && whole == entries_.end()) {
            throw ConfigError(fmt::format("{}: --test-fraction is for folders without splits; this one has split '{}'",
                                          root_, splits().front()));
        }
        if (whole == entries_.end()) {
            return;
        }
        std::vector<Entry> train = std::move(whole->second);
        std::vector<Entry> test;
        entries_.erase(whole);
        if (share > 0) {
            draw_test_split(share, train, test);
            if (test.empty()) {
                throw ConfigError(fmt::format("{}: --test-fraction {} leaves no image for the test split, for one of "
                                              "each class at least stays in the training split; give a larger share",
                                              root_, share));
            }
            entries_["test"] = std::move(test);
        }
        entries_["train"] = std::move(train);
    }

    std::string root_;
    std::vector<std::string> classes_;
    std::map<std::string, std::vector<Entry>> entries_;
    std::vector<SourceTable> tables_;
    std::set<std::string> used_; ///< tables that labels were taken from
    std::vector<std::string> notes_;
    LeftOutList left_out_;
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
