// SPDX-License-Identifier: Apache-2.0
#include "pipeline/base/error.hpp"
#include "pipeline/base/words.hpp"
#include "pipeline/shards/class_names.hpp"
#include "pipeline/shards/images/formats.hpp"
#include "pipeline/shards/import/archive_samples.hpp"
#include "pipeline/shards/import/folder/masks.hpp"
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
    WebDataset(const ImportOptions& options, const std::vector<std::string>& below, LeftOutList left_out)
        : source_(options.path) {
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
        std::vector<std::string> of_samples;
        for (const auto& [split, tars] : archives) {
            for (const std::size_t tar : tars) {
                index(tar, options.key_ends == "last-dot", texts);
            }
            of_samples.resize(samples_.size(), split);
        }
        leave_out_masks(options, of_samples, texts);
        if (open_) {
            split_by_folders(options.path, of_samples);
        }
        put_in_order(of_samples, texts);
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
            open_ = true;
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

    /// Where the folders of one level, of all images, are named like splits.
    void split_by_folders(const std::string& source, std::vector<std::string>& of_samples) {
        std::vector<std::vector<std::string>> folders; // of each image, the outermost first
        std::size_t deepest = 0;
        for (const auto& [tar, member] : samples_) {
            const fs::path path = fs::path(member.name).lexically_normal().parent_path();
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
                of_samples = std::move(splits);
                info.notes.push_back(fmt::format("images in archives are split by their folders {}; --splits none "
                                                 "makes one split of them",
                                                 shown));
                return;
            }
            doubt = doubt.empty() ? shown : doubt;
        }
        if (!doubt.empty()) {
            throw ConfigError(fmt::format("{}: folders in archives are named like splits ({}), but others beside them "
                                          "are not; unpack the archives and import the folder, where --splits says "
                                          "which are, or say that none is: --splits none",
                                          source, doubt));
        }
    }

    /// Split by split, each in the order of its archives.
    void put_in_order(const std::vector<std::string>& of_samples, std::vector<std::string>& texts) {
        std::map<std::string, std::vector<std::size_t>, SplitOrder> places;
        for (std::size_t i = 0; i < of_samples.size(); ++i) {
            places[of_samples[i]].push_back(i);
        }
        auto samples = std::exchange(samples_, {});
        const auto unordered = std::exchange(texts, {});
        for (const auto& [split, its] : places) {
            for (const std::size_t place : its) {
                samples_.push_back(std::move(samples[place]));
                texts.push_back(unordered[place]);
            }
            info.add_images(split, std::vector<std::int32_t>(its.size(), -1));
        }
    }

    void index(std::size_t tar, bool last_dot, std::vector<std::string>& texts) {
        std::vector<std::string> dotted;
        for (ArchiveSample& sample : samples_of(FileBytes(info.files[tar]), last_dot, info.left_out, dotted)) {
            samples_.emplace_back(tar, std::move(sample.image));
            texts.push_back(class_name(sample.label));
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

    void leave_out_masks(const ImportOptions& options, std::vector<std::string>& of_samples,
                         std::vector<std::string>& texts) {
        std::vector<std::string> paths = dotted_;
        for (const auto& [tar, member] : samples_) {
            paths.push_back(shown(tar, member.name));
        }
        const std::vector<std::string> masks =
            masks_in_archives(std::move(paths), options.path, options.split_folders, info.left_out);
        const auto is_mask = [&](const std::string& path) {
            return std::binary_search(masks.begin(), masks.end(), path);
        };
        std::size_t kept = 0;
        for (std::size_t i = 0; i < samples_.size(); ++i) {
            if (!is_mask(shown(samples_[i].first, samples_[i].second.name))) {
                std::swap(samples_[kept], samples_[i]);
                std::swap(of_samples[kept], of_samples[i]);
                std::swap(texts[kept++], texts[i]);
            }
        }
        samples_.resize(kept);
        of_samples.resize(kept);
        texts.resize(kept);
        for (const std::string& path : std::exchange(dotted_, {})) {
            if (!is_mask(path)) {
                leave_out_dotted(path, info.left_out);
            }
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

    std::string source_;
    std::vector<std::string> dotted_; ///< image files whose key ends before the extension, as shown()
    bool open_ = false;               ///< no name of an archive tells a split
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
