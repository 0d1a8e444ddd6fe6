// SPDX-License-Identifier: Apache-2.0
#include "pipeline/shards/import/folder/split_parts.hpp"

#include "pipeline/base/counted.hpp"
#include "pipeline/base/error.hpp"
#include "pipeline/base/words.hpp"
#include "pipeline/shards/splits/split_names.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>

namespace tacit::shards {
namespace {

bool names_split(const Folder& folder) {
    return split_word(folder.name).has_value();
}

/// The folders side by side whose names are those of splits, and the others.
struct Siblings {
    explicit Siblings(const Folder& parent) {
        for (const Folder& folder : parent.folders) {
            (names_split(folder) ? named : others).push_back(&folder);
        }
        for (const Folder* folder : named) {
            splits[split_word(folder->name)->split].push_back(folder);
        }
    }
    std::vector<const Folder*> named;
    std::vector<const Folder*> others;
    std::map<std::string, std::vector<const Folder*>> splits;
};

/// The first folder, at any depth, that holds folders of two splits.
const Folder* folder_of_splits(const Folder& folder) {
    if (Siblings(folder).splits.size() > 1) {
        return &folder;
    }
    for (const Folder& one : folder.folders) {
        if (const Folder* found = folder_of_splits(one)) {
            return found;
        }
    }
    return nullptr;
}

const Folder* find_folder(const Folder& folder, const std::string& path) {
    if (folder.path == path) {
        return &folder;
    }
    for (const Folder& one : folder.folders) {
        if (path == one.path || path.starts_with(one.path + "/")) {
            return find_folder(one, path);
        }
    }
    return nullptr;
}

/// "train=seg_train test=seg_test".
std::string option_text(const std::vector<const Folder*>& named) {
    std::string text = "--splits";
    for (const Folder* folder : named) {
        const bool spaces = folder->path.find(' ') != std::string::npos;
        text += fmt::format(" {}{}={}{}", spaces ? "'" : "", split_word(folder->name)->split, one_line(folder->path),
                            spaces ? "'" : "");
    }
    return text;
}

class PartsReader {
  public:
    PartsReader(const Folder& root, const std::string& source, FolderReading& made)
        : root_(root), source_(source), made_(made) {}

    std::vector<SplitPart> given_parts(const std::vector<std::string>& splits) {
        std::vector<SplitPart> parts;
        for (const std::string& text : splits) {
            const auto [split, path] = told_split(text);
            const Folder* folder = find_folder(root_, path);
            if (folder == nullptr) {
                const Siblings there(below_lone_folders(root_, false));
                throw ConfigError(fmt::format("--splits {}: {} holds no folder {} with images; it holds {}{}",
                                              one_line(text), source_, one_line(path), shown(there.others),
                                              shown(there.named)));
            }
            parts.push_back({split, folder, ""});
        }
        for (const SplitPart& part : parts) {
            for (const SplitPart& other : parts) {
                if (&part != &other && (other.folder->path + "/").starts_with(part.folder->path + "/")) {
                    throw ConfigError(fmt::format("--splits: {} is within {}; an image belongs to one split",
                                                  shown(*other.folder), shown(*part.folder)));
                }
            }
        }
        leave_out_others(root_, parts);
        return parts;
    }

    std::vector<SplitPart> guessed_parts(const Folder& top) {
        const Siblings found(top);
        if (found.named.empty()) {
            return parts_within_classes(top);
        }
        if (!found.others.empty()) {
            weigh_against_classes(found);
            return {{"", &top, ""}};
        }
        for (const auto& [split, folders] : found.splits) {
            if (folders.size() > 1) {
                throw ConfigError(fmt::format("{}: {} could each be split '{}'; say which one is, as in {} (others are "
                                              "left out), or that folders are classes: --splits none",
                                              source_, shown(folders), split, option_text({folders.front()})));
            }
        }
        if (found.splits.size() == 1 && !top.images.empty()) {
            ask(fmt::format("{} has a split's name, with {} beside it", shown(found.named),
                            counted(static_cast<std::int64_t>(top.images.size()), "image")),
                found);
        }
        leave_out_images(top, "images beside the folders of splits", "move them into one of these");
        std::vector<SplitPart> parts;
        for (const auto& [split, folders] : found.splits) {
            parts.push_back({split, folders.front(), ""});
            refuse_splits_below(below_lone_folders(*folders.front(), false));
        }
        return parts;
    }

  private:
    [[noreturn]] void ask(const std::string& why, const Siblings& found) const {
        throw ConfigError(fmt::format("{}: {}; say which folders are splits, as in {} (others are left out), or that "
                                      "none is: --splits none",
                                      source_, why, option_text(found.named)));
    }

    /// The images of no part's folder.
    void leave_out_others(const Folder& folder, const std::vector<SplitPart>& parts) {
        if (std::any_of(parts.begin(), parts.end(), [&](const SplitPart& part) { return part.folder == &folder; })) {
            return;
        }
        leave_out_images(folder, "images outside of the folders that --splits names", "");
        for (const Folder& one : folder.folders) {
            leave_out_others(one, parts);
        }
    }

    void leave_out_images(const Folder& folder, const char* what, const char* remedy) {
        for (const std::string& image : image_paths(folder, false)) {
            made_.left_out.add(what, image, remedy);
        }
    }

    /// One folder named like a split among others is a class, unless it looks different from them.
    void weigh_against_classes(const Siblings& found) {
        const bool deep = std::any_of(found.named.begin(), found.named.end(), [](const Folder* folder) {
            return below_lone_folders(*folder, false).folders.size() > 1;
        });
        if (found.splits.size() > 1 || deep) {
            ask(fmt::format("{} are named like splits, but {} beside them are not", shown(found.named),
                            shown(found.others)),
                found);
        }
        made_.notes.push_back(fmt::format("{} counts as a class, as {} beside it do; if it is a split, say {}",
                                          shown(found.named), shown(found.others), option_text(found.named)));
    }

    /// Class folders that each hold folders of splits, or no splits at all.
    std::vector<SplitPart> parts_within_classes(const Folder& top) {
        std::vector<SplitPart> parts;
        for (const Folder& folder : top.folders) {
            const Folder& holder = below_lone_folders(folder, true);
            const Siblings found(holder);
            if (found.named.empty() || !found.others.empty() || !holder.images.empty() || !top.images.empty()) {
                refuse_splits_below(top);
                return {{"", &top, ""}};
            }
            for (const Folder* split : found.named) {
                parts.push_back({split_word(split->name)->split, split, folder.name});
                refuse_splits_below(*split);
            }
        }
        if (parts.empty()) {
            return {{"", &top, ""}};
        }
        std::stable_sort(parts.begin(), parts.end(),
                         [](const SplitPart& a, const SplitPart& b) { return a.split < b.split; });
        made_.notes.push_back(
            fmt::format("the folders {} are classes, and those within them splits", shown(Siblings(top).others)));
        return parts;
    }

    void refuse_splits_below(const Folder& folder) const {
        if (const Folder* holder = folder_of_splits(folder)) {
            const Siblings found(*holder);
            ask(fmt::format("{} are named like splits, deep in the tree", shown(found.named)), found);
        }
    }

    const Folder& root_;
    const std::string& source_;
    FolderReading& made_;
};

} // namespace

std::string shown(const Folder& folder) {
    return one_line(folder.path.empty() ? "." : folder.path) + "/";
}

std::string shown(const std::vector<const Folder*>& folders) {
    std::vector<std::string> names;
    names.reserve(folders.size());
    for (const Folder* folder : folders) {
        names.push_back(shown(*folder));
    }
    return first_few(names, names.size());
}

const Folder& below_lone_folders(const Folder& folder, bool stop) {
    const Folder* at = &folder;
    while (at->images.empty() && at->folders.size() == 1 && !(stop && names_split(at->folders[0]))) {
        at = &at->folders[0];
    }
    return *at;
}

std::vector<SplitPart> split_parts(const Folder& root, const std::string& source,
                                   const std::vector<std::string>& splits, FolderReading& made) {
    if (splits == std::vector<std::string>{"none"}) {
        return {{"", &root, ""}};
    }
    PartsReader reader(root, source, made);
    const bool open = splits.empty() || splits == std::vector<std::string>{"auto"};
    return open ? reader.guessed_parts(below_lone_folders(root, true)) : reader.given_parts(splits);
}

} // namespace tacit::shards
