// SPDX-License-Identifier: Apache-2.0
#include "pipeline/shards/import/folder/reading.hpp"

#include "pipeline/base/error.hpp"
#include "pipeline/base/words.hpp"
#include "pipeline/shards/class_names.hpp"
#include "pipeline/shards/split_names.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>
#include <optional>
#include <set>

namespace tacit::shards {
namespace {

/// A folder of one split, with what a folder above says of the class.
struct Part {
    std::string split;
    const Folder* folder = nullptr;
    std::string name; ///< of the class; "": the folders below say it
};

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

bool names_split(const Folder& folder) {
    return split_word(folder.name).has_value();
}

/// `folder`, or what is below it as long as that is one folder and no image. Stops above a lone folder named like a
/// split if `stop` says so.
const Folder& below_lone_folders(const Folder& folder, bool stop) {
    const Folder* at = &folder;
    while (at->images.empty() && at->folders.size() == 1 && !(stop && names_split(at->folders[0]))) {
        at = &at->folders[0];
    }
    return *at;
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

class Reader {
  public:
    Reader(const Folder& root, const std::string& source, const std::vector<std::string>& splits)
        : root_(root), source_(source), splits_(splits) {}

    FolderReading run() {
        std::vector<Part> parts = parts_of();
        name_classes(parts);
        for (const Part& part : parts) {
            add(part);
        }
        note_spellings();
        return std::move(made_);
    }

  private:
    std::vector<Part> parts_of() {
        const Folder& top = below_lone_folders(root_, true);
        if (splits_.empty() || splits_ == std::vector<std::string>{"auto"}) {
            return guessed_parts(top);
        }
        if (splits_ == std::vector<std::string>{"none"}) {
            return {{"", &root_, ""}};
        }
        return given_parts();
    }

    std::vector<Part> given_parts() {
        std::vector<Part> parts;
        for (const std::string& text : splits_) {
            const auto [split, path] = told_split(text);
            const Folder* folder = find_folder(root_, path);
            if (folder == nullptr) {
                throw ConfigError(fmt::format("--splits {}: {} holds no folder {} with images; it holds {}",
                                              one_line(text), source_, one_line(path),
                                              shown(Siblings(below_lone_folders(root_, false)).others) +
                                                  shown(Siblings(below_lone_folders(root_, false)).named)));
            }
            parts.push_back({split, folder, ""});
        }
        for (const Part& part : parts) {
            for (const Part& other : parts) {
                if (&part != &other && (other.folder->path + "/").starts_with(part.folder->path + "/")) {
                    throw ConfigError(fmt::format("--splits: {} is within {}; an image belongs to one split",
                                                  shown(*other.folder), shown(*part.folder)));
                }
            }
        }
        leave_out_others(root_, parts);
        return parts;
    }

    /// The images of no part's folder.
    void leave_out_others(const Folder& folder, const std::vector<Part>& parts) {
        if (std::any_of(parts.begin(), parts.end(), [&](const Part& part) { return part.folder == &folder; })) {
            return;
        }
        leave_out_images(folder, "images outside of the folders that --splits names", "");
        for (const Folder& one : folder.folders) {
            leave_out_others(one, parts);
        }
    }

    void leave_out_images(const Folder& folder, const char* what, const char* remedy) {
        for (const std::string& image : folder.images) {
            made_.left_out.add(what, folder.path.empty() ? image : folder.path + "/" + image, remedy);
        }
    }

    std::vector<Part> guessed_parts(const Folder& top) {
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
            throw ConfigError(fmt::format("{}: {} has a split's name, but {} images lie beside it; say which folders "
                                          "are splits, as in {} (others are left out), or that none is: --splits none",
                                          source_, shown(found.named), top.images.size(), option_text(found.named)));
        }
        leave_out_images(top, "images beside the folders of splits", "move them into one of these");
        std::vector<Part> parts;
        for (const auto& [split, folders] : found.splits) {
            parts.push_back({split, folders.front(), ""});
            refuse_splits_below(below_lone_folders(*folders.front(), false));
        }
        return parts;
    }

    /// One folder named like a split among others is a class, unless it looks different from them.
    void weigh_against_classes(const Siblings& found) {
        const bool deep = std::any_of(found.named.begin(), found.named.end(), [](const Folder* folder) {
            return below_lone_folders(*folder, false).folders.size() > 1;
        });
        if (found.splits.size() > 1 || deep) {
            throw ConfigError(fmt::format("{}: {} are named like splits, but {} beside them are not; say which folders "
                                          "are splits, as in {} (others are left out), or that none is: --splits none",
                                          source_, shown(found.named), shown(found.others), option_text(found.named)));
        }
        made_.notes.push_back(fmt::format("{} counts as a class, as {} beside it do; if it is a split, say {}",
                                          shown(found.named), shown(found.others), option_text(found.named)));
    }

    /// Class folders that each hold folders of splits, or no splits at all.
    std::vector<Part> parts_within_classes(const Folder& top) {
        std::vector<Part> parts;
        for (const Folder& folder : top.folders) {
            const Folder& holder = below_lone_folders(folder, true);
            const Siblings found(holder);
            if (found.named.empty() || !found.others.empty() || !holder.images.empty() || !top.images.empty()) {
                refuse_splits_below(top);
                return {{"", &top, ""}};
            }
            for (const Folder* split : found.named) {
                parts.push_back({split_word(split->name)->split, split, class_name(folder.name)});
                spellings_[parts.back().name].insert(folder.name);
                refuse_splits_below(*split);
            }
        }
        if (parts.empty()) {
            return {{"", &top, ""}};
        }
        std::stable_sort(parts.begin(), parts.end(), [](const Part& a, const Part& b) { return a.split < b.split; });
        made_.notes.push_back(
            fmt::format("the folders {} are classes, and those within them splits", shown(Siblings(top).others)));
        return parts;
    }

    void refuse_splits_below(const Folder& folder) const {
        if (const Folder* holder = folder_of_splits(folder)) {
            const Siblings found(*holder);
            throw ConfigError(fmt::format("{}: {} are named like splits, deep in the tree; say which folders are "
                                          "splits, as in {} (others are left out), or that none is: --splits none",
                                          source_, shown(found.named), option_text(found.named)));
        }
    }

    /// Those that stand side by side somewhere.
    void name_classes(const std::vector<Part>& parts) {
        for (const Part& part : parts) {
            const Folder& level = below_lone_folders(*part.folder, false);
            if (part.name.empty() && level.folders.size() > 1) {
                for (const Folder& folder : level.folders) {
                    classes_.insert(class_name(folder.name));
                }
            }
        }
    }

    void add(const Part& part) {
        const Folder& level = below_lone_folders(*part.folder, false);
        const bool some = std::any_of(level.folders.begin(), level.folders.end(),
                                      [&](const Folder& folder) { return classes_.contains(class_name(folder.name)); });
        if (!part.name.empty() || !some) {
            made_.groups.push_back(
                {part.split, part.name.empty() ? lone_class(*part.folder) : part.name, part.folder, true});
            note_deeper(*part.folder, level.folders.size() > 1 ? level.folders : std::vector<Folder>());
            if (made_.groups.back().name.empty() && &level != part.folder && !names_split(level)) {
                made_.notes.push_back(fmt::format("{} is alone on its level and so no class", shown(level)));
            }
            return;
        }
        made_.groups.push_back({part.split, "", &level, false});
        std::map<std::string, std::vector<const Folder*>> by_name;
        for (const Folder& folder : level.folders) {
            by_name[class_name(folder.name)].push_back(&folder);
            spellings_[class_name(folder.name)].insert(folder.name);
        }
        for (const auto& [name, folders] : by_name) {
            for (const Folder* folder : folders) {
                made_.groups.push_back({part.split, name, folder, true});
                note_deeper(*folder, below_lone_folders(*folder, false).folders);
            }
        }
    }

    /// The class of a split whose images all lie in one folder, if it is a class elsewhere.
    std::string lone_class(const Folder& folder) const {
        for (const Folder* at = &folder; at->folders.size() == 1;) {
            at = &at->folders[0];
            if (std::string name = class_name(at->name); classes_.contains(name)) {
                return name;
            }
        }
        return {};
    }

    void note_deeper(const Folder& folder, const std::vector<Folder>& below) {
        if (!below.empty() && !deeper_) {
            deeper_ = true;
            std::vector<const Folder*> folders;
            folders.reserve(below.size());
            for (const Folder& one : below) {
                folders.push_back(&one);
            }
            made_.notes.push_back(fmt::format("folders within {} ({}, …) are no classes of their own: their images are "
                                              "counted to it, and so in every class",
                                              shown(folder), shown(folders)));
        }
    }

    void note_spellings() {
        for (const auto& [name, spellings] : spellings_) {
            if (spellings.size() > 1) {
                made_.notes.push_back(fmt::format("class '{}' is written in {} ways, with composed and decomposed "
                                                  "letters: one class",
                                                  name, spellings.size()));
            }
        }
    }

    const Folder& root_;
    const std::string& source_;
    const std::vector<std::string>& splits_;
    std::set<std::string> classes_;
    std::map<std::string, std::set<std::string>> spellings_; ///< bytes of the folders of each class
    bool deeper_ = false;
    FolderReading made_;
};

} // namespace

FolderReading read_folders(const Folder& root, const std::string& source, const std::vector<std::string>& splits) {
    return Reader(root, source, splits).run();
}

} // namespace tacit::shards
