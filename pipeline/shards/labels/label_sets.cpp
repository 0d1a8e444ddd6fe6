// SPDX-License-Identifier: Apache-2.0
#include "pipeline/shards/labels/label_sets.hpp"

#include "pipeline/base/counted.hpp"
#include "pipeline/base/error.hpp"
#include "pipeline/shards/guess/known_names.hpp"
#include "pipeline/shards/hdf5/groups/cells.hpp"
#include "pipeline/shards/hdf5/listing.hpp"
#include "pipeline/shards/splits/split_names.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

namespace tacit::shards {
namespace {

bool is_text(const h5::ListedSet& set) {
    return set.text || set.kind == h5::Shape::references;
}

/// Whether a data set holds one text or whole number for each of `count` images.
bool is_column(const h5::ListedSet& set, std::int64_t count) {
    const auto images = static_cast<hsize_t>(count);
    const bool alone = set.shape.empty() && count == 1;
    return (is_text(set) || set.whole) && !h5::belongs_to_cells(set.name) &&
           (alone || std::count(set.shape.begin(), set.shape.end(), images) > 0) &&
           std::all_of(set.shape.begin(), set.shape.end(), [&](hsize_t n) { return n == 1 || n == images; });
}

/// Whether few texts name many images.
bool repeat(const Labels& labels) {
    return labels.classes.size() > 1 && labels.classes.size() <= labels.values.size() / 2;
}

} // namespace

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
        const bool told = columns || may_list_labels(set.name) || (is_text(set) && is_column(set, count));
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
    const auto add = [&](const std::string& name, bool named, bool list) {
        std::string what = "no classes";
        try {
            const h5::Located at = h5::locate(path, name, {});
            const Labels labels = read_labels(at.object.get(), name, count);
            if (!named && !repeat(labels)) {
                return;
            }
            what = counted(static_cast<std::int64_t>(labels.classes.size()), "class");
        } catch (const Error&) { // other numbers, other texts, or damaged
            if (!list) {
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
            add(list, true, true);
        }
    }
    for (const h5::ListedSet& set : h5::list_datasets(h5::open_file(path).get())) {
        const ArrayRole role = role_of_name(set.name); // of its groups too
        const bool named = role == ArrayRole::labels || role == ArrayRole::classes;
        if (set.kind != h5::Shape::pixels && (named || is_column(set, count)) && !is_in(taken, set.name) &&
            !is_in(lists, set.name)) {
            add(set.name, named, false);
        }
    }
    return others;
}

} // namespace tacit::shards
