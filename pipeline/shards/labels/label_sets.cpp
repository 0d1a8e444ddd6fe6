// SPDX-License-Identifier: Apache-2.0
#include "pipeline/shards/labels/label_sets.hpp"

#include "pipeline/base/counted.hpp"
#include "pipeline/base/error.hpp"
#include "pipeline/shards/guess/known_names.hpp"
#include "pipeline/shards/hdf5/groups/cells.hpp"
#include "pipeline/shards/hdf5/listing.hpp"
#include "pipeline/shards/splits/split_names.hpp"
#include "pipeline/shards/splits/split_siblings.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <optional>
#include <set>
#include <utility>

namespace tacit::shards {
namespace {

namespace fs = std::filesystem;

/// Files of labels that go with a file of images, without their folder.
std::vector<std::string> label_files(const std::string& path) {
    std::vector<std::string> files;
    for (const std::string& stem : label_stems(fs::path(path).stem().string())) {
        std::string name = stem + fs::path(path).extension().string();
        std::error_code error;
        if (fs::is_regular_file(folder_of(path) + name, error)) {
            files.push_back(std::move(name));
        }
    }
    return files;
}

/// Data sets of a file beside that may be labels: those with known names, else all.
std::vector<std::string> sets_beside(const std::string& path) {
    std::vector<std::string> names;
    try {
        const h5::Handle file = h5::open_file(path);
        for (const std::string& name : label_names()) {
            if (h5::has_object(file.get(), name)) {
                names.push_back(name);
            }
        }
        for (const h5::ListedSet& set : h5::list_datasets(file.get())) {
            if (std::find(names.begin(), names.end(), set.name) == names.end()) {
                names.push_back(set.name);
            }
        }
    } catch (const Error&) { // no HDF5 file
        return {};
    }
    return names;
}

bool is_text(const h5::ListedSet& set) {
    return set.text || set.kind == h5::Shape::references;
}

/// Whether a data set holds one text, whole number or record for each of `count` images.
bool is_column(const h5::ListedSet& set, std::int64_t count) {
    const auto images = static_cast<hsize_t>(count);
    const bool alone = set.shape.empty() && count == 1;
    return (is_text(set) || set.whole || set.table) && !h5::belongs_to_cells(set.name) &&
           (alone || std::count(set.shape.begin(), set.shape.end(), images) > 0) &&
           std::all_of(set.shape.begin(), set.shape.end(), [&](hsize_t n) { return n == 1 || n == images; });
}

/// Whether few texts name many images.
bool repeat(const Labels& labels) {
    return labels.classes.size() > 1 && labels.classes.size() <= labels.values.size() / 2;
}

} // namespace

std::string folder_of(const std::string& path) {
    return path.substr(0, path.size() - fs::path(path).filename().string().size());
}

std::vector<std::string> label_places(const std::string& path, const std::string& images,
                                      const std::vector<std::string>& usual) {
    std::vector<std::string> places = usual;
    const auto add = [&](std::string key) {
        if (std::find(places.begin(), places.end(), key) == places.end()) {
            places.push_back(std::move(key));
        }
    };
    const h5::Handle file = h5::open_file(path);
    const std::string inside = images == "/" ? std::string() : images + "/";
    for (const std::string& group :
         {inside.substr(0, images.rfind('/') + 1), std::string(), inside}) { // npos + 1: none
        for (const std::string& name : label_names()) {
            if (h5::has_object(file.get(), group + name)) {
                add(group + name);
            }
        }
    }
    for (const std::string& name : label_files(path)) {
        for (const std::string& set : sets_beside(folder_of(path) + name)) {
            add(fmt::format("{}:{}", name, set));
        }
    }
    return places;
}

std::string label_pattern(const std::string& path, const std::string& key) {
    const std::size_t colon = key.find(':');
    const auto siblings =
        colon == std::string::npos ? std::nullopt : split_siblings(folder_of(path) + key.substr(0, colon));
    return siblings ? fs::path(siblings->pattern).filename().string() + key.substr(colon) : key;
}

std::vector<std::string> repeated_texts(const std::string& path, const std::string& images, std::int64_t count) {
    const h5::Session session;
    std::vector<std::string> fit;
    for (const h5::ListedSet& set : h5::list_datasets(h5::open_file(path).get())) {
        try {
            if (set.name != images && is_text(set) && is_column(set, count)) {
                const h5::Located at = h5::locate(path, set.name, {});
                if (repeat(read_labels(at.object.get(), fmt::format("{}: {}", at.path, at.name), count))) {
                    fit.push_back(set.name);
                }
            }
        } catch (const Error&) { // other texts, or damaged: nobody asked for them
            continue;
        }
    }
    return fit;
}

std::vector<std::string> sets_beside_labels(const std::string& path, const std::string& split,
                                            const std::string& images, const Labels& labels) {
    const h5::Session session;
    const auto count = static_cast<std::int64_t>(labels.values.size());
    const std::size_t used = std::set(labels.values.begin(), labels.values.end()).size();
    std::vector<std::string> names;
    for (const h5::ListedSet& set : h5::list_datasets(h5::open_file(path).get())) {
        const std::string group = set.name.substr(0, set.name.rfind('/') + 1); // npos + 1: none
        const std::string own = split_in_name(set.name);
        const bool beside = set.name != images && (images.starts_with(group) || group == images + "/") &&
                            (own.empty() || own == split_of_word(split));
        const bool rows = set.shape.empty() ? count == 1 : set.shape.front() == labels.values.size();
        const bool columns = set.shape.size() == 2 && (set.shape[1] == labels.classes.size() || set.shape[1] == used);
        const bool told = columns || may_list_labels(set.name) || (!set.whole && is_column(set, count));
        if (beside && set.kind != h5::Shape::pixels && rows && told && !h5::belongs_to_cells(set.name)) {
            names.push_back(set.name);
        }
    }
    return names;
}

std::string other_labels(const std::string& path, std::int64_t count, const std::vector<std::string>& taken,
                         const std::vector<std::string>& lists) {
    const h5::Session session;
    std::string others;
    const auto add = [&](const std::string& name, bool named, const char* otherwise) {
        std::string what = otherwise;
        try {
            const h5::Located at = h5::locate(path, name, {});
            const Labels labels = read_labels(at.object.get(), name, count);
            if (!named && !repeat(labels)) {
                return;
            }
            what = counted(static_cast<std::int64_t>(labels.classes.size()), "class");
        } catch (const Error&) { // other numbers, other texts, or damaged
            if (what.empty()) {
                return;
            }
        }
        others += fmt::format("{}'{}' ({})", others.empty() ? "" : ", ", name, what);
    };
    const auto is_in = [](const std::vector<std::string>& names, const std::string& name) {
        return std::find(names.begin(), names.end(), name) != names.end();
    };
    for (const std::string& list : lists) {
        if (!is_in(taken, list)) {
            add(list, true, "no classes");
        }
    }
    for (const h5::ListedSet& set : h5::list_datasets(h5::open_file(path).get())) {
        const ArrayRole role = role_of_name(set.name); // of its groups too
        const bool named = role == ArrayRole::labels || role == ArrayRole::classes;
        if (set.kind != h5::Shape::pixels && (named || is_column(set, count)) && !is_in(taken, set.name) &&
            !is_in(lists, set.name)) {
            add(set.name, named, set.table && !named ? "one of its fields, once a data set of its own" : "");
        }
    }
    return others;
}

} // namespace tacit::shards
