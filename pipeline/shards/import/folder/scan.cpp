// SPDX-License-Identifier: Apache-2.0
#include "pipeline/shards/import/folder/scan.hpp"

#include "pipeline/shards/labels/csv_table.hpp"
#include "pipeline/shards/splits/split_names.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <iterator>
#include <set>
#include <system_error>

namespace tacit::shards {
namespace {

namespace fs = std::filesystem;

constexpr const char* kHidden = "hidden files and folders";
constexpr const char* kDangling = "links that lead nowhere";
constexpr const char* kAgain = "links to folders that are read anyway";
constexpr const char* kAround = "links to folders around one that is read, whose other files are not read";
constexpr const char* kSpecial = "devices, pipes and sockets";
constexpr const char* kUnread = "image files of kinds that are not read";
constexpr const char* kEmpty = "folders without an image";

template <std::size_t N> bool is_one_of(const std::string& word, const std::array<std::string_view, N>& words) {
    return std::find(words.begin(), words.end(), word) != words.end();
}

bool is_unread_image(const std::string& extension) {
    constexpr std::array<std::string_view, 21> kExtensions = {
        ".gif", ".heic", ".heif", ".avif", ".jp2", ".j2k", ".jxl", ".svg", ".ico", ".psd", ".tga",
        ".exr", ".hdr",  ".dng",  ".cr2",  ".nef", ".arw", ".dcm", ".nii", ".pbm", ".mpo"};
    return is_one_of(extension, kExtensions);
}

void add_paths(const Folder& folder, bool below, std::vector<std::string>& paths) {
    for (const std::string& name : folder.images) {
        paths.push_back(folder.path.empty() ? name : folder.path + "/" + name);
    }
    for (std::size_t i = 0; below && i < folder.folders.size(); ++i) {
        add_paths(folder.folders[i], below, paths);
    }
}

class Scan {
  public:
    Scan(const std::string& path, bool (*wanted)(const std::string& name), const char* others)
        : read_({fs::canonical(path)}), wanted_(wanted), others_(others) {}

    FolderTree run(const std::string& path) {
        read(path, "", tree_.root);
        return std::move(tree_);
    }

  private:
    void read(const fs::path& path, const std::string& below, Folder& folder) {
        folder.path = below;
        folder.name = fs::path(below).filename().string();
        std::vector<fs::directory_entry> entries;
        std::copy(fs::directory_iterator(path), {}, std::back_inserter(entries));
        std::sort(entries.begin(), entries.end());
        for (const fs::directory_entry& entry : entries) {
            take(entry, folder);
        }
        folder.images_below = static_cast<std::int64_t>(folder.images.size());
        for (const Folder& one : folder.folders) {
            folder.images_below += one.images_below;
        }
    }

    void take(const fs::directory_entry& entry, Folder& folder) {
        const std::string name = entry.path().filename().string();
        const std::string below = folder.path.empty() ? name : folder.path + "/" + name;
        std::error_code error;
        const bool link = entry.is_symlink(error);
        if (is_hidden_name(name)) {
            leave_out(kHidden, below);
        } else if (link && !fs::exists(entry.status(error))) { // circular ones too
            leave_out(kDangling, below);
        } else if (entry.is_directory(error)) {
            if (const char* const met = link ? why_not_followed(entry.path()) : nullptr) {
                leave_out(met, below);
            } else {
                take_folder(entry.path(), below, folder);
            }
        } else if (entry.is_regular_file(error)) {
            take_file(name, below, folder);
        } else {
            leave_out(kSpecial, below);
        }
    }

    void take_folder(const fs::path& path, const std::string& below, Folder& parent) {
        Folder folder;
        read(path, below, folder);
        if (folder.images_below > 0) {
            parent.folders.push_back(std::move(folder));
        } else {
            parent.tables.insert(parent.tables.end(), folder.tables.begin(), folder.tables.end());
            leave_out(kEmpty, below);
        }
    }

    void take_file(const std::string& name, const std::string& below, Folder& folder) {
        if (wanted_(name)) {
            folder.images.push_back(name);
            return;
        }
        if (is_table_name(name)) {
            folder.tables.push_back(below);
            return;
        }
        if (wanted_ == has_image_extension && is_unread_image(lower_case(fs::path(name).extension().string()))) {
            tree_.left_out.add(kUnread, below, "convert them to PNG");
        } else {
            leave_out(others_, below);
        }
    }

    /// Where a link leads to a folder in the tree, around it, or so of one that another link reads: what it is.
    const char* why_not_followed(const fs::path& link) {
        std::error_code error;
        const fs::path target = fs::canonical(link, error);
        const auto holds = [](const fs::path& outer, const fs::path& inner) {
            return std::mismatch(outer.begin(), outer.end(), inner.begin(), inner.end()).first == outer.end();
        };
        if (error) {
            return kDangling;
        }
        const auto within = [&](const fs::path& read) { return holds(read, target); };
        const auto around = [&](const fs::path& read) { return holds(target, read); };
        if (std::any_of(read_.begin(), read_.end(), within)) {
            return kAgain;
        }
        if (std::any_of(read_.begin(), read_.end(), around)) {
            return kAround;
        }
        read_.insert(target);
        return nullptr;
    }

    void leave_out(const char* what, const std::string& name) { tree_.left_out.add(what, name); }

    std::set<fs::path> read_; ///< the root, and where links lead
    bool (*wanted_)(const std::string& name);
    const char* others_;
    FolderTree tree_;
};

} // namespace

std::vector<std::string> image_paths(const Folder& folder, bool below) {
    std::vector<std::string> paths;
    add_paths(folder, below, paths);
    std::sort(paths.begin(), paths.end());
    return paths;
}

std::vector<SourceTable> tables_in(const Folder& folder, bool scoped) {
    std::vector<SourceTable> tables;
    for (const std::string& path : folder.tables) {
        tables.push_back({path, scoped ? folder.path : std::string()});
    }
    for (const Folder& one : folder.folders) {
        const std::vector<SourceTable> below = tables_in(one, scoped);
        tables.insert(tables.end(), below.begin(), below.end());
    }
    return tables;
}

bool is_hidden_name(const std::string& name) {
    constexpr std::array<std::string_view, 5> kOfSystems = {"__MACOSX", "@eaDir", "lost+found", "$RECYCLE.BIN",
                                                            "System Volume Information"};
    return name.starts_with('.') || is_one_of(name, kOfSystems);
}

FolderTree scan_folder(const std::string& path, bool (*wanted)(const std::string& name), const char* others) {
    return Scan(path, wanted, others).run(path);
}

} // namespace tacit::shards
