// SPDX-License-Identifier: Apache-2.0
#include "pipeline/base/error.hpp"
#include "pipeline/base/words.hpp"
#include "pipeline/shards/images/formats.hpp"
#include "pipeline/shards/import/archive_labels.hpp"
#include "pipeline/shards/import/archive_splits.hpp"
#include "pipeline/shards/import/folder/masks.hpp"
#include "pipeline/shards/import/folder/scan.hpp"
#include "pipeline/shards/import/image_source.hpp"
#include "pipeline/shards/labels/csv_table.hpp"
#include "pipeline/shards/labels/labels.hpp"
#include "pipeline/shards/splits/split_names.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <set>
#include <utility>

namespace tacit::shards {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kMaxImageFile = std::uint64_t{1} << 30;

bool is_tar(const std::string& name) {
    return lower_case(name).ends_with(".tar");
}

class WebDataset : public ImageSource {
  public:
    /// `below`: paths of the archives below the source; {""} where it is one itself.
    WebDataset(const ImportOptions& options, const std::vector<std::string>& below, const FolderTree& tree)
        : source_(options.path) {
        info.kind = "webdataset";
        info.encoded = true;
        info.left_out = tree.left_out;
        info.tables = tables_in(tree.root, false);
        const auto [splits, open] = splits_of_archives(options, below, info.left_out);
        std::vector<ArchiveSample> samples;
        for (std::size_t tar = 0; tar < below.size(); ++tar) {
            info.files.push_back(below[tar].empty() ? options.path : (fs::path(options.path) / below[tar]).string());
            if (!splits[tar].empty()) {
                index(tar, splits[tar], options.key_ends == "last-dot", samples);
            }
        }
        leave_out_masks(options, samples);
        if (const std::string note = open ? split_by_folders(options.path, samples) : ""; !note.empty()) {
            info.notes.push_back(note);
        }
        std::stable_sort(samples.begin(), samples.end(),
                         [](const ArchiveSample& a, const ArchiveSample& b) { return SplitOrder()(a.split, b.split); });
        for (const ArchiveSample& sample : samples) {
            info.add_images(sample.split, {-1});
        }
        const bool own_labels = options.labels != "none" && !table_and_column(options.labels);
        if (own_labels) {
            name_classes(options.labels, samples);
        }
        for (ArchiveSample& sample : samples) {
            samples_.emplace_back(sample.archive, std::move(sample.image));
        }
        if (own_labels && info.classes.empty()) {
            note_folders();
        }
    }

    void read(std::int64_t image, SourceImage& out) const override { read_head(image, kMaxImageFile, out); }
    void read_head(std::int64_t image, std::size_t bytes, SourceImage& out) const override {
        const auto& [tar, member] = samples_[static_cast<std::size_t>(image)];
        if (member.bytes > kMaxImageFile) {
            throw DataError(fmt::format("{}: {} bytes, more than the {} that one image may have", name(image),
                                        member.bytes, kMaxImageFile));
        }
        out.bytes.resize(static_cast<std::size_t>(std::min<std::uint64_t>(member.bytes, bytes)));
        // Opened anew: a data set may have more archives than a process may have files open.
        FileBytes(info.files[tar]).read(member.offset, out.bytes.data(), out.bytes.size());
        out.shape = {};
    }
    std::string name(std::int64_t image) const override {
        const auto& [tar, member] = samples_[static_cast<std::size_t>(image)];
        return fmt::format("{}: {}", info.files[tar], one_line(member.name));
    }
    std::string key(std::int64_t image) const override { return samples_[static_cast<std::size_t>(image)].second.name; }

  private:
    void index(std::size_t tar, const std::string& split, bool last_dot, std::vector<ArchiveSample>& samples) {
        std::vector<std::string> dotted;
        for (ArchiveSample& sample : samples_of(FileBytes(info.files[tar]), last_dot, info.left_out, dotted)) {
            sample.archive = tar;
            sample.split = split;
            samples.push_back(std::move(sample));
        }
        for (const std::string& name : dotted) {
            dotted_.push_back(shown(tar, name));
        }
    }

    /// "train.tar/a/0.png", with the archive's path below the source.
    std::string shown(std::size_t tar, const std::string& name) const {
        const fs::path archive = fs::path(info.files[tar]).lexically_relative(source_);
        return ((archive == "." ? fs::path(source_).filename() : archive) / name).lexically_normal().string();
    }

    void leave_out_masks(const ImportOptions& options, std::vector<ArchiveSample>& samples) {
        std::vector<std::string> paths = dotted_;
        for (const ArchiveSample& sample : samples) {
            paths.push_back(shown(sample.archive, sample.image.name));
        }
        const std::vector<std::string> masks =
            masks_in_archives(std::move(paths), options.path, options.split_folders, info.left_out);
        const auto is_mask = [&](const std::string& path) {
            return std::binary_search(masks.begin(), masks.end(), path);
        };
        std::erase_if(samples, [&](const ArchiveSample& one) { return is_mask(shown(one.archive, one.image.name)); });
        for (const std::string& path : std::exchange(dotted_, {})) {
            if (!is_mask(path)) {
                leave_out_dotted(path, info.left_out);
            }
        }
    }

    /// Whole numbers, or names. What can be neither is not taken.
    void name_classes(const std::string& labels, const std::vector<ArchiveSample>& samples) {
        const std::vector<std::string> texts = archive_labels(labels, info.files, samples);
        if (const std::string reason = why_no_classes(texts); !reason.empty()) {
            info.notes.push_back(
                fmt::format("labels are left out: {}; --labels TABLE:COLUMN takes some from a table", reason));
            return;
        }
        Labels made = labels_of_texts(texts, "labels", Meaning::classes);
        info.classes = std::move(made.classes);
        info.labels = std::move(made.values);
    }

    /// Images without labels that stand in folders, as classes do.
    void note_folders() {
        std::set<std::string> folders;
        for (const auto& [tar, member] : samples_) {
            folders.insert(fs::path(member.name).parent_path().string());
        }
        if (folders.size() > 1) {
            const std::vector<std::string> names(folders.begin(), folders.end());
            info.notes.push_back(
                fmt::format("archives hold no labels, but images in {} folders ({}); if these are classes, "
                            "unpack the archives and import the folder",
                            names.size(), first_few(names, names.size())));
        }
    }

    std::string source_;
    std::vector<std::string> dotted_; ///< image files whose key ends before the extension, as shown()
    std::vector<std::pair<std::size_t, TarMember>> samples_; ///< the archive's place in info.files, and the image
};

/// Whether a tree holds archives and, unless its kind is told, no images.
bool holds_archives(const ImportOptions& options) {
    bool any = false;
    fs::recursive_directory_iterator entry(options.path);
    for (; entry != fs::recursive_directory_iterator(); ++entry) {
        const std::string name = entry->path().filename().string();
        if (is_hidden_name(name)) {
            entry.disable_recursion_pending();
        } else if (options.kind == "auto" && has_image_extension(name)) {
            return false; // A folder of images that happens to hold an archive.
        } else {
            any = any || is_tar(name);
        }
    }
    return any;
}

} // namespace

std::unique_ptr<ImageSource> open_webdataset(const ImportOptions& options) {
    std::vector<std::string> paths;
    FolderTree tree;
    if (fs::is_directory(options.path)) {
        if (holds_archives(options)) {
            tree = scan_folder(options.path, is_tar, "files that are no .tar archives");
            paths = image_paths(tree.root);
        }
    } else if (is_tar(options.path)) {
        paths.emplace_back();
    } else if (const std::string name = lower_case(options.path);
               name.find(".tar.") != std::string::npos || name.ends_with(".tgz")) {
        throw DataError(
            fmt::format("{}: is compressed; unpack it to a plain .tar first, with gunzip or unzstd", options.path));
    }
    if (paths.empty()) {
        return nullptr;
    }
    auto source = std::make_unique<WebDataset>(options, paths, tree);
    if (source->info.splits.empty()) {
        std::string found;
        for (const LeftOut& one : source->info.left_out.kinds()) {
            found += (found.empty() ? "; it holds " : ", and ") + text_of(one);
        }
        throw DataError(fmt::format("{}: its tar archives hold no images{}", options.path, found));
    }
    return source;
}

} // namespace tacit::shards
