// SPDX-License-Identifier: Apache-2.0
#include "pipeline/base/error.hpp"
#include "pipeline/base/words.hpp"
#include "pipeline/shards/class_names.hpp"
#include "pipeline/shards/images/formats.hpp"
#include "pipeline/shards/import/archive_samples.hpp"
#include "pipeline/shards/import/folder/scan.hpp"
#include "pipeline/shards/import/image_source.hpp"
#include "pipeline/shards/labels.hpp"
#include "pipeline/shards/split_names.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <map>
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
    WebDataset(const ImportOptions& options, const std::vector<std::string>& below, LeftOutList left_out) {
        info.kind = "webdataset";
        info.encoded = true;
        info.left_out = std::move(left_out);
        const std::vector<std::string> splits = splits_of(options, below);
        std::map<std::string, std::vector<std::size_t>, SplitOrder> archives;
        for (std::size_t tar = 0; tar < below.size(); ++tar) {
            info.files.push_back(below[tar].empty() ? options.path : (fs::path(options.path) / below[tar]).string());
            if (!splits[tar].empty()) {
                archives[splits[tar]].push_back(tar);
            }
        }
        std::vector<std::string> texts;
        for (const auto& [split, tars] : archives) {
            for (const std::size_t tar : tars) {
                index(tar, options.key_ends == "last-dot", texts);
            }
            info.add_images(split, std::vector<std::int32_t>(samples_.size() - info.labels.size(), -1));
        }
        name_classes(texts);
        if (info.classes.empty()) {
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
    /// The split of each archive; "": it is left out.
    std::vector<std::string> splits_of(const ImportOptions& options, const std::vector<std::string>& below) {
        std::vector<std::string> all(below.size(), "train");
        const std::vector<std::string>& told = options.split_folders;
        if (told == std::vector<std::string>{"none"}) {
            return all;
        }
        std::vector<std::string> paths;
        paths.reserve(below.size());
        for (const std::string& path : below) {
            paths.push_back(path.empty() ? fs::path(options.path).filename().string() : path);
        }
        if (!told.empty() && told != std::vector<std::string>{"auto"}) {
            return told_splits(options, paths);
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
            return all;
        }
        if (!unnamed.empty()) {
            throw ConfigError(fmt::format("{}: some archives have a split's name, but {} have none; say which are of "
                                          "which split, as in --splits train={} (others are left out), or that none "
                                          "is: --splits none",
                                          options.path, first_few(unnamed, unnamed.size()), one_line(unnamed[0])));
        }
        return splits;
    }

    /// As --splits says, where a path is that of an archive or of a folder of some.
    std::vector<std::string> told_splits(const ImportOptions& options, const std::vector<std::string>& paths) {
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
                info.left_out.add("archives that --splits does not name", paths[i]);
            }
        }
        return splits;
    }

    void index(std::size_t tar, bool last_dot, std::vector<std::string>& texts) {
        for (ArchiveSample& sample : samples_of(FileBytes(info.files[tar]), last_dot, info.left_out)) {
            samples_.emplace_back(tar, std::move(sample.image));
            texts.push_back(class_name(sample.label));
        }
    }

    /// Whole numbers, or names. What can be neither is not taken.
    void name_classes(const std::vector<std::string>& texts) {
        if (const std::string reason = why_no_classes(texts); !reason.empty()) {
            info.notes.push_back(
                fmt::format("labels are left out: {}; --labels TABLE:COLUMN takes some from a table", reason));
            return;
        }
        Labels labels = labels_of_texts(texts, "labels", Meaning::classes);
        info.classes = std::move(labels.classes);
        info.labels = std::move(labels.values);
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
    LeftOutList left_out;
    if (fs::is_directory(options.path)) {
        if (holds_archives(options)) {
            const FolderTree tree = scan_folder(options.path, is_tar, "files that are no .tar archives");
            paths = image_paths(tree.root);
            left_out = tree.left_out;
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
    auto source = std::make_unique<WebDataset>(options, paths, std::move(left_out));
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
