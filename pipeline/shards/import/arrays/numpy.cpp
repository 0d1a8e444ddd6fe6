// SPDX-License-Identifier: Apache-2.0
#include "pipeline/base/error.hpp"
#include "pipeline/shards/guess/known_names.hpp"
#include "pipeline/shards/guess/numbered_names.hpp"
#include "pipeline/shards/images/formats.hpp"
#include "pipeline/shards/import/arrays/named_arrays.hpp"
#include "pipeline/shards/import/arrays/zip_file.hpp"
#include "pipeline/shards/import/folder/scan.hpp"
#include "pipeline/shards/labels/csv_table.hpp"
#include "pipeline/shards/splits/split_names.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <filesystem>
#include <string_view>
#include <system_error>

namespace tacit::shards {
namespace {

namespace fs = std::filesystem;

/// Arrays out of some files, and the others that are there.
struct Gathered {
    std::vector<NpyArray> arrays;
    std::vector<std::string> names; ///< of all
    std::vector<std::string> ignored;
    std::string wanted; ///< labels, by name
};

bool is_kind(const fs::path& path, const std::string& kind) {
    return lower_case(path.extension().string()) == "." + kind;
}

/// `prefix` stands before the names of an archive's arrays.
void add_archive(const fs::path& path, const std::string& prefix, Gathered& found) {
    constexpr std::string_view kSuffix = ".npy";
    const ZipFile archive(path.string());
    for (std::size_t i = 0; i < archive.names().size(); ++i) {
        const std::string name = archive.names()[i];
        found.names.push_back(prefix + name.substr(0, name.size() - std::min(name.size(), kSuffix.size())));
        // Others may be of types that are no images, and need not be unpacked.
        if (name.ends_with(kSuffix) &&
            ((archive.names().size() == 1 && prefix.empty()) || role_of_name(found.names.back()) != ArrayRole::other ||
             of_all_splits(found.names.back()) == of_all_splits(found.wanted))) {
            const ZipMember member = archive.open(i);
            found.arrays.push_back(open_npy_array(found.names.back(), member.store, member.offset, member.bytes));
        } else {
            found.ignored.push_back(name);
        }
    }
}

/// `name`: of the array; empty: the file's own.
void add_array(const fs::path& path, const std::string& name, bool keep_open, Gathered& found) {
    std::shared_ptr<const ByteStore> store = std::make_shared<const ByteStore>(FileBytes(path.string()));
    const std::uint64_t bytes = store->size();
    found.names.push_back(name.empty() ? path.stem().string() : name);
    found.arrays.push_back(
        open_npy_array(found.names.back(), keep_open ? std::move(store) : in_memory(std::move(store)), 0, bytes));
}

fs::path labels_beside(const fs::path& images) {
    for (const std::string& stem : label_stems(images.stem().string())) {
        fs::path path = images.parent_path() / (stem + images.extension().string());
        if (fs::is_regular_file(path)) {
            return path;
        }
    }
    return {};
}

/// One file of images, whatever its name, with labels from beside it.
void add_file(const fs::path& path, Gathered& found) {
    const fs::path labels = labels_beside(path);
    const std::string split = split_in_name(path.stem().string());
    if (is_kind(path, "npy")) {
        const std::string of_split = split.empty() ? "" : "_" + split;
        add_array(path, "images" + of_split, true, found);
        if (!labels.empty()) {
            add_array(labels, "labels" + of_split, true, found);
        }
        return;
    }
    add_archive(path, "", found);
    const bool labelled = std::any_of(found.arrays.begin(), found.arrays.end(), [](const NpyArray& array) {
        return role_of_name(array.name) == ArrayRole::labels;
    });
    if (!labels.empty() && !labelled) {
        found = {{}, {}, {}, found.wanted};
        add_archive(path, path.stem().string() + "/", found);
        add_archive(labels, labels.stem().string() + "/", found);
    }
}

/// A file's name without numbers and a word for a split.
std::string without_split(const fs::path& path) {
    std::string stem = path.stem().string();
    if (const auto word = split_word(stem)) {
        stem.erase(word->begin, word->size);
    }
    return without_numbers(stem, "#");
}

/// The arrays of all files of one kind in a folder.
Gathered in_folder(const fs::path& folder, const ImportOptions& options, const std::string& kind) {
    const bool asked = options.kind == kind;
    constexpr std::size_t kOpen = 256; ///< files at once; the arrays of more are held in memory
    Gathered found{{}, {}, {}, options.labels};
    std::vector<fs::path> named;
    std::vector<fs::path> others;
    bool images = false;
    for (const fs::directory_entry& entry : fs::directory_iterator(folder)) {
        std::error_code dangling;
        const std::string name = entry.path().filename().string();
        if (entry.is_regular_file(dangling) && is_kind(entry.path(), kind)) {
            const ArrayRole role = role_of_name(entry.path().stem().string());
            images = images || role == ArrayRole::images;
            (role != ArrayRole::other ? named : others).push_back(entry.path());
        } else if (!is_hidden_name(name)) {
            found.ignored.push_back(name);
        }
    }
    const bool pictures = std::any_of(found.ignored.begin(), found.ignored.end(), has_image_extension);
    if (!asked && !images && others.empty() && pictures) {
        return {}; // a folder of image files, with lists beside them
    }
    std::sort(found.ignored.begin(), found.ignored.end());
    const bool meant = asked || std::all_of(found.ignored.begin(), found.ignored.end(), [&](const fs::path& name) {
                           return is_kind(name, kind) || is_kind(name, "txt") || is_kind(name, "md") ||
                                  is_kind(name, "csv") || is_kind(name, "json");
                       });
    if (kind == "npy" && !images && others.size() == 1 && meant) {
        add_file(others.front(), found);
        return found;
    }
    const auto in_order = [](const fs::path& a, const fs::path& b) { return natural_less(a.string(), b.string()); };
    std::sort(named.begin(), named.end(), in_order);
    std::sort(others.begin(), others.end(), in_order);
    const bool numbered =
        meant && others.size() > 1 && std::all_of(others.begin(), others.end(), [&](const auto& path) {
            return without_split(path) == without_split(others[0]);
        });
    if (named.empty() && !others.empty() && meant && !numbered) {
        throw DataError(fmt::format("{}: none of its .{} files is named like images (x_train, images, …){}",
                                    folder.string(), kind,
                                    kind == "npy" ? "; name them by numbers (img_0.npy, img_1.npy, …), or save them as "
                                                    "one array images.npy"
                                                  : "; import the file of images itself, or name them by numbers "
                                                    "(part_0.npz, part_1.npz, …)"));
    }
    for (const fs::path& path : named) {
        if (kind == "npy") {
            add_array(path, "", named.size() <= kOpen, found);
        } else {
            add_archive(path, path.stem().string() + "/", found);
        }
    }
    const bool take_others = !images && (kind == "npy" ? !named.empty() || numbered : named.empty() && numbered);
    for (const fs::path& path : others) {
        if (take_others && kind == "npz") { // images with their labels, a part each
            add_archive(path, path.stem().string() + "/", found);
        } else if (take_others) { // images named by numbers, or otherwise beside labels.npy
            add_array(path, "images_" + path.stem().string(), others.size() <= kOpen, found);
        } else {
            found.ignored.push_back(path.filename().string());
        }
    }
    return found;
}

std::unique_ptr<ImageSource> open_arrays(const ImportOptions& options, const std::string& kind) {
    const fs::path path = options.path;
    const bool folder = fs::is_directory(path);
    if (!folder && !is_kind(path, kind)) {
        return nullptr;
    }
    Gathered found{{}, {}, {}, options.labels};
    if (folder) {
        found = in_folder(path, options, kind);
    } else {
        add_file(path, found);
    }
    std::unique_ptr<ArraySource> source = source_of_arrays(kind, found.arrays, options);
    if (!source && !folder) {
        throw DataError(fmt::format("{}: none of its arrays ({}) is named like images (x_train, images, …)",
                                    options.path, fmt::join(found.names, ", ")));
    }
    for (const std::string& name : source ? found.ignored : std::vector<std::string>()) {
        if (is_table_name(name)) {
            source->info.tables.push_back({name, ""});
        } else {
            source->leave_out(name);
        }
    }
    return source;
}

} // namespace

std::unique_ptr<ImageSource> open_npy(const ImportOptions& options) {
    return open_arrays(options, "npy");
}

std::unique_ptr<ImageSource> open_npz(const ImportOptions& options) {
    return open_arrays(options, "npz");
}

} // namespace tacit::shards
