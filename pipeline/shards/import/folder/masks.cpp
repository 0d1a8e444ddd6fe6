// SPDX-License-Identifier: Apache-2.0
#include "pipeline/shards/import/folder/masks.hpp"

#include "pipeline/base/error.hpp"
#include "pipeline/base/words.hpp"
#include "pipeline/shards/guess/mask_names.hpp"
#include "pipeline/shards/import/folder/split_parts.hpp"
#include "pipeline/shards/splits/split_names.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <iterator>
#include <set>
#include <string_view>

namespace tacit::shards {
namespace {

using Kind = NamedContent::Kind;

constexpr const char* kMasks = "masks or labels beside images, by their names";
constexpr const char* kRemedy = "--splits none takes them as images too";
constexpr const char* kRemedyInArchives = "--splits none --key-ends last-dot takes them as images too";

class MaskFinder {
  public:
    MaskFinder(const std::string& source, const std::vector<std::string>& splits, bool archives, LeftOutList& left_out)
        : source_(source), archives_(archives), left_out_(left_out) {
        for (const std::string& text : splits) {
            if (text != "auto") {
                told_.push_back(told_split(text).path + "/");
            }
        }
    }

    void run(Folder& folder) {
        take_folders(folder);
        take_files(folder);
        folder.images_below = static_cast<std::int64_t>(folder.images.size());
        for (Folder& one : folder.folders) {
            run(one);
            folder.images_below += one.images_below;
        }
    }

  private:
    void take_folders(Folder& parent) {
        std::set<std::string> with_images; // what is left of the names of folders of images
        std::vector<const Folder*> others;
        for (const Folder& folder : parent.folders) {
            const NamedContent content = named_content(folder.name);
            if (content.kind == Kind::images) {
                with_images.insert(content.rest);
            } else if (content.kind == Kind::other && !split_word(folder.name)) {
                others.push_back(&folder);
            }
        }
        const auto is_mask = [&](const Folder& folder) {
            return named_content(folder.name).kind == Kind::masks && !is_told(folder);
        };
        const auto goes_with_images = [&](const Folder& folder) {
            return is_mask(folder) && with_images.contains(named_content(folder.name).rest);
        };
        for (const Folder& folder : parent.folders) {
            if (goes_with_images(folder)) {
                ask_about(folder, others);
                for (const std::string& path : image_paths(folder)) {
                    leave_out(path);
                }
            } else if (is_mask(folder)) {
                ask_about(folder, namesakes(folder, parent));
            }
        }
        std::erase_if(parent.folders, goes_with_images);
    }

    /// The folders beside it that hold files of the same names.
    static std::vector<const Folder*> namesakes(const Folder& masks, const Folder& parent) {
        const std::set<std::string> names = names_below(masks);
        std::vector<const Folder*> found;
        for (const Folder& folder : parent.folders) {
            const std::set<std::string> its = names_below(folder);
            const bool all = std::all_of(names.begin(), names.end(), [&](const std::string& name) {
                return its.contains(name) || its.contains(masked_stem(name));
            });
            if (all && named_content(folder.name).kind != Kind::masks) {
                found.push_back(&folder);
            }
        }
        return found;
    }

    /// Paths below a folder, without extensions.
    static std::set<std::string> names_below(const Folder& folder) {
        std::set<std::string> names;
        for (const std::string& path : image_paths(folder)) {
            names.insert(std::filesystem::path(path.substr(folder.path.size() + 1)).replace_extension().string());
        }
        return names;
    }

    void ask_about(const Folder& masks, const std::vector<const Folder*>& beside) const {
        if (beside.empty() || (!archives_ && !told_.empty())) {
            return;
        }
        const std::string remedy =
            archives_ ? "unpack the archives and import the folder, where --splits says which folders hold the images, "
                        "or take all as images: --splits none"
                      : fmt::format("say which folders hold the images, as in --splits train={} (others are left out), "
                                    "or that all are classes: --splits none",
                                    one_line(beside.front()->path));
        throw ConfigError(fmt::format("{}: {} is named like masks or labels of images, and {} beside it leave open "
                                      "whose; {}",
                                      source_, shown(masks), shown(beside), remedy));
    }

    void leave_out(const std::string& path) { left_out_.add(kMasks, path, archives_ ? kRemedyInArchives : kRemedy); }

    void take_files(Folder& folder) {
        const auto stem_of = [](const std::string& name) { return std::filesystem::path(name).stem().string(); };
        std::set<std::string> stems;
        std::transform(folder.images.begin(), folder.images.end(), std::inserter(stems, stems.end()), stem_of);
        std::erase_if(folder.images, [&](const std::string& name) {
            const bool mask = stems.contains(masked_stem(stem_of(name)));
            if (mask) {
                leave_out(folder.path.empty() ? name : folder.path + "/" + name);
            }
            return mask;
        });
    }

    /// Whether the user names the folder, or one within it.
    bool is_told(const Folder& folder) const {
        return std::any_of(told_.begin(), told_.end(),
                           [&](const std::string& path) { return path.starts_with(folder.path + "/"); });
    }

    const std::string& source_;
    const bool archives_;
    LeftOutList& left_out_;
    std::vector<std::string> told_; ///< paths with a slash behind
};

/// A tree of paths, which are sorted.
Folder tree_of(const std::vector<std::string>& paths) {
    Folder root;
    for (const std::string& path : paths) {
        Folder* folder = &root;
        std::size_t begin = 0;
        for (std::size_t end = 0; (end = path.find('/', begin)) != std::string::npos; begin = end + 1) {
            if (folder->folders.empty() || folder->folders.back().path != std::string_view(path).substr(0, end)) {
                folder->folders.emplace_back().path = path.substr(0, end);
                const std::string name = path.substr(begin, end - begin);
                folder->folders.back().name =
                    lower_case(name).ends_with(".tar") ? name.substr(0, name.size() - 4) : name;
            }
            folder = &folder->folders.back();
        }
        folder->images.push_back(path.substr(begin));
    }
    return root;
}

} // namespace

std::vector<std::string> masks_in_archives(std::vector<std::string> paths, const std::string& source,
                                           const std::vector<std::string>& splits, LeftOutList& left_out) {
    std::vector<std::string> masks;
    if (splits != std::vector<std::string>{"none"}) {
        std::sort(paths.begin(), paths.end());
        Folder root = tree_of(paths);
        MaskFinder(source, splits, true, left_out).run(root);
        std::vector<std::string> kept = image_paths(root);
        std::sort(kept.begin(), kept.end());
        std::set_difference(paths.begin(), paths.end(), kept.begin(), kept.end(), std::back_inserter(masks));
    }
    return masks;
}

void leave_out_masks(FolderTree& tree, const std::string& source, const std::vector<std::string>& splits) {
    if (splits != std::vector<std::string>{"none"}) {
        MaskFinder(source, splits, false, tree.left_out).run(tree.root);
    }
}

} // namespace tacit::shards
