// SPDX-License-Identifier: Apache-2.0
#include "pipeline/shards/import/folder/reading.hpp"

#include "pipeline/shards/import/folder/split_parts.hpp"
#include "pipeline/shards/labels/class_names.hpp"
#include "pipeline/shards/splits/split_names.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

namespace tacit::shards {
namespace {

/// What the folders of splits say of classes.
class Reader {
  public:
    explicit Reader(FolderReading& made) : made_(made) {}

    void run(const std::vector<SplitPart>& parts) {
        name_classes(parts);
        for (const SplitPart& part : parts) {
            add(part);
        }
        note_spellings();
    }

  private:
    /// Those that stand side by side somewhere.
    void name_classes(const std::vector<SplitPart>& parts) {
        for (const SplitPart& part : parts) {
            const Folder& level = below_lone_folders(*part.folder, false);
            if (part.named.empty() && level.folders.size() > 1) {
                for (const Folder& folder : level.folders) {
                    classes_.insert(class_name(folder.name));
                }
            }
        }
    }

    void add(const SplitPart& part) {
        const Folder& level = below_lone_folders(*part.folder, false);
        const bool some = std::any_of(level.folders.begin(), level.folders.end(),
                                      [&](const Folder& folder) { return classes_.contains(class_name(folder.name)); });
        if (!part.named.empty() || !some) {
            const std::string name = part.named.empty() ? lone_class(*part.folder) : spelled(part.named);
            made_.groups.push_back({part.split, name, part.folder, true});
            note_deeper(*part.folder, level.folders.size() > 1 ? level.folders : std::vector<Folder>());
            if (name.empty() && &level != part.folder && !split_word(level.name)) {
                made_.notes.push_back(fmt::format("{} is alone on its level and so no class", shown(level)));
            }
            return;
        }
        made_.groups.push_back({part.split, "", &level, false});
        std::map<std::string, std::vector<const Folder*>> by_name;
        for (const Folder& folder : level.folders) {
            by_name[spelled(folder.name)].push_back(&folder);
        }
        for (const auto& [name, folders] : by_name) {
            for (const Folder* folder : folders) {
                made_.groups.push_back({part.split, name, folder, true});
                note_deeper(*folder, below_lone_folders(*folder, false).folders);
            }
        }
    }

    /// The class of that name.
    std::string spelled(const std::string& folder) {
        std::string name = class_name(folder);
        spellings_[name].insert(folder);
        return name;
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
            std::vector<const Folder*> folders(below.size());
            std::transform(below.begin(), below.end(), folders.begin(), [](const Folder& one) { return &one; });
            made_.notes.push_back(
                fmt::format("folders within {} ({}, …) are no classes of their own: their images are "
                            "counted to it, and so in every class; where folders are no classes (patients, visits), "
                            "--labels TABLE:COLUMN takes them from a table, --labels none leaves them "
                            "out",
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

    std::set<std::string> classes_;
    std::map<std::string, std::set<std::string>> spellings_; ///< bytes of the folders of each class
    bool deeper_ = false;
    FolderReading& made_;
};

} // namespace

FolderReading read_folders(const Folder& root, const std::string& source, const std::vector<std::string>& splits) {
    FolderReading made;
    Reader(made).run(split_parts(root, source, splits, made));
    return made;
}

} // namespace tacit::shards
