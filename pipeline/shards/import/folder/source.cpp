// SPDX-License-Identifier: Apache-2.0
#include "pipeline/base/digest.hpp"
#include "pipeline/base/error.hpp"
#include "pipeline/shards/import/folder/masks.hpp"
#include "pipeline/shards/import/folder/reading.hpp"
#include "pipeline/shards/import/folder/scan.hpp"
#include "pipeline/shards/import/image_source.hpp"
#include "pipeline/shards/read/file_bytes.hpp"
#include "pipeline/shards/splits/split_names.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <map>
#include <set>
#include <utility>

namespace tacit::shards {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kMaxFileBytes = std::uint64_t{1} << 30;

struct Entry {
    std::string path; ///< below the root
    std::int32_t label = -1;
};

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
    explicit ImageFolder(const ImportOptions& options) : root_(options.path) {
        while (root_.size() > 1 && root_.ends_with('/')) {
            root_.pop_back();
        }
        FolderTree tree = scan_folder(root_);
        leave_out_masks(tree, root_, options.split_folders);
        info.kind = "folder";
        info.encoded = true;
        info.left_out = tree.left_out;
        info.tables = tables_in(tree.root, true);
        if (tree.root.images_below == 0) {
            return;
        }
        const FolderReading reading = read_folders(tree.root, root_, options.split_folders);
        info.notes = reading.notes;
        info.left_out.add(reading.left_out);
        Entries entries = entries_of(reading.groups);
        draw(options.test_fraction, entries);
        for (const auto& [split, images] : entries) {
            std::vector<std::int32_t> labels;
            for (const Entry& image : images) {
                info.files.push_back(root_ + "/" + image.path);
                labels.push_back(image.label);
            }
            info.add_images(split, labels);
        }
    }

    void read(std::int64_t image, SourceImage& out) const override {
        read_whole(name(image), out.bytes, kMaxFileBytes);
        out.shape = {};
    }
    void read_head(std::int64_t image, std::size_t bytes, SourceImage& out) const override {
        const FileBytes file(name(image));
        out.bytes.resize(static_cast<std::size_t>(std::min<std::uint64_t>(file.size(), bytes)));
        file.read(0, out.bytes.data(), out.bytes.size());
        out.shape = {};
    }
    std::string name(std::int64_t image) const override { return info.files[static_cast<std::size_t>(image)]; }
    std::string key(std::int64_t image) const override { return name(image).substr(root_.size() + 1); }

  private:
    using Entries = std::map<std::string, std::vector<Entry>, SplitOrder>;

    Entries entries_of(const std::vector<FolderGroup>& groups) {
        std::set<std::string> names;
        for (const FolderGroup& group : groups) {
            names.insert(group.name);
        }
        names.erase("");
        info.classes.assign(names.begin(), names.end());
        Entries entries;
        for (const FolderGroup& group : groups) {
            const auto place = std::lower_bound(info.classes.begin(), info.classes.end(), group.name);
            const auto label = static_cast<std::int32_t>(group.name.empty() ? -1 : place - info.classes.begin());
            for (std::string& path : image_paths(*group.folder, group.below)) {
                entries[group.split].push_back({std::move(path), label});
            }
        }
        return entries;
    }

    void draw(double share, Entries& entries) const {
        const auto whole = entries.find("");
        if (share > 0 && whole == entries.end()) {
            throw ConfigError(fmt::format("{}: --test-fraction is for folders without splits; this one has split '{}'",
                                          root_, entries.begin()->first));
        }
        if (whole == entries.end()) {
            return;
        }
        std::vector<Entry> train = std::move(whole->second);
        std::vector<Entry> test;
        entries.erase(whole);
        if (share > 0) {
            draw_test_split(share, train, test);
            if (test.empty()) {
                throw ConfigError(fmt::format("{}: --test-fraction {} leaves no image for the test split, for one of "
                                              "each class at least stays in the training split; give a larger share",
                                              root_, share));
            }
            entries["test"] = std::move(test);
        }
        entries["train"] = std::move(train);
    }

    std::string root_;
};

} // namespace

std::unique_ptr<ImageSource> open_image_folder(const ImportOptions& options) {
    if (!fs::is_directory(options.path)) {
        return nullptr;
    }
    auto folder = std::make_unique<ImageFolder>(options);
    return folder->info.splits.empty() ? nullptr : std::move(folder);
}

} // namespace tacit::shards
