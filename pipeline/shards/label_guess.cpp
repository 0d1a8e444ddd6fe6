// SPDX-License-Identifier: Apache-2.0
#include "pipeline/shards/label_guess.hpp"

#include "pipeline/base/error.hpp"
#include "pipeline/shards/hdf5/cells.hpp"
#include "pipeline/shards/hdf5/listing.hpp"
#include "pipeline/shards/known_names.hpp"
#include "pipeline/shards/named_labels.hpp"
#include "pipeline/shards/split_siblings.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <set>
#include <string_view>
#include <utility>

namespace tacit::shards {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMaxCsvFiles = 8;
constexpr std::size_t kMaxNote = 400;
constexpr std::size_t kMostListed = 5000; ///< data sets of images among which one of labels is looked for

std::string folder_of(const std::string& path) {
    return path.substr(0, path.size() - fs::path(path).filename().string().size());
}

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

std::string note_of(const Error& error) {
    const std::string why = error.what();
    return "no labels: " + (why.size() > kMaxNote ? why.substr(0, kMaxNote) + "…" : why);
}

bool is_text(const h5::ListedSet& set) {
    return set.text || set.kind == h5::Shape::references;
}

/// Whether a data set holds one text or whole number for each of `count` images.
bool is_column(const h5::ListedSet& set, std::int64_t count) {
    const auto images = static_cast<hsize_t>(count);
    return (is_text(set) || set.whole) && !h5::belongs_to_cells(set.name) &&
           std::count(set.shape.begin(), set.shape.end(), images) > 0 &&
           std::all_of(set.shape.begin(), set.shape.end(), [&](hsize_t n) { return n == 1 || n == images; });
}

/// Whether both tell the same images apart, under whatever names.
bool agree(const Labels& one, const Labels& other) {
    std::set<std::pair<std::int32_t, std::int32_t>> both;
    for (std::size_t i = 0; i < one.values.size(); ++i) {
        both.emplace(one.values[i], other.values[i]);
    }
    return both.size() == std::set(one.values.begin(), one.values.end()).size() &&
           both.size() == std::set(other.values.begin(), other.values.end()).size();
}

/// Whether few texts name many images.
bool repeat(const Labels& labels) {
    return labels.classes.size() > 1 && labels.classes.size() <= labels.values.size() / 2;
}

} // namespace

LabelGuess::LabelGuess(const std::string& path, const DataSpec& spec, const std::string& images,
                       const std::string& usual)
    : path_(path), spec_(spec) {
    const auto add = [&](std::string key) {
        if (std::find(sets_.begin(), sets_.end(), key) == sets_.end()) {
            sets_.push_back(std::move(key));
        }
    };
    if (!usual.empty()) {
        add(usual);
    }
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
}

std::vector<std::uint64_t> LabelGuess::rows() const {
    std::vector<std::uint64_t> rows;
    for (const std::string& key : sets_) {
        try {
            const h5::Located at = locate_labels(key, path_, spec_.roots);
            const std::vector<hsize_t> dims =
                H5Iget_type(at.object.get()) == H5I_DATASET ? h5::dimensions(at.object.get()) : std::vector<hsize_t>();
            if (!dims.empty()) { // (1, N) are N
                rows.push_back(dims.size() == 2 && dims[0] == 1 ? dims[1] : dims[0]);
            }
        } catch (const Error&) { // leads elsewhere: nothing is told
            continue;
        }
    }
    return rows;
}

std::vector<std::string> LabelGuess::attributes(const ForeignImages& images) const {
    std::vector<std::string> keys;
    for (const std::string& name : label_names()) {
        if (name.size() > 1 && each_has(images, name, spec_.roots)) { // y: a place
            keys.push_back("@" + name);
        }
    }
    return keys;
}

bool LabelGuess::read(const std::vector<std::string>& keys, FileIndex& index, const ForeignImages& images,
                      FoundLabels& found) const {
    for (const std::string& key : keys) {
        try {
            found.labels = named_labels("data.labels", key, path_, spec_, index, images);
            found.key = key;
            return true;
        } catch (const NotLabels& error) {
            found.notes.push_back(note_of(error));
            found.key = "none"; // of what looks like labels it is said that it is none
        }
    }
    return false;
}

bool LabelGuess::read_tables(FileIndex& index, const ForeignImages& images, FoundLabels& found) const {
    std::vector<std::string> files;
    std::error_code error;
    const std::string folder = folder_of(path_);
    for (fs::directory_iterator entry(folder.empty() ? "." : folder, error), end; !error && entry != end;
         entry.increment(error)) {
        if (entry->path().extension() == ".csv") {
            files.push_back(entry->path().filename().string());
        }
    }
    std::sort(files.begin(), files.end());
    files.resize(std::min(files.size(), kMaxCsvFiles));
    for (const std::string& file : files) {
        for (const std::string& column : label_columns()) {
            try {
                const std::string key = fmt::format("{}:{}", file, column);
                Labels labels = named_labels("data.labels", key, path_, spec_, index, images);
                if (!labels.classes.empty()) {
                    found.labels = std::move(labels);
                    found.key = key;
                    return true;
                }
            } catch (const Error& why) {
                if (std::string_view(why.what()).find("has no column") == std::string_view::npos) {
                    found.notes.push_back(note_of(why));
                }
            }
        }
    }
    return false;
}

bool LabelGuess::read_texts(FileIndex& index, const ForeignImages& images, FoundLabels& found) const {
    std::vector<std::pair<std::string, Labels>> fit;
    for (const h5::ListedSet& set : h5::list_datasets(h5::open_file(path_).get())) {
        try {
            if (set.name != images.at.name && is_text(set) && is_column(set, index.count)) {
                Labels labels = named_labels("data.labels", set.name, path_, spec_, index, images);
                if (repeat(labels)) {
                    fit.emplace_back(set.name, std::move(labels));
                }
            }
        } catch (const Error&) { // other texts, or damaged: nobody asked for them
            continue;
        }
    }
    if (fit.size() == 1) {
        found.key = fit[0].first;
        found.labels = std::move(fit[0].second);
        found.notes.push_back(
            fmt::format("labels are '{}', the only texts that repeat, one for each image", found.key));
    }
    return fit.size() == 1;
}

std::string LabelGuess::why_no_groups(const ForeignImages& images) const {
    const std::vector<std::string>& groups = images.groups.classes;
    std::vector<std::size_t> sizes(groups.size(), 0);
    for (const std::int32_t group : images.groups.values) {
        if (group >= 0) {
            ++sizes[static_cast<std::size_t>(group)];
        }
    }
    const auto lone = static_cast<std::size_t>(std::count(sizes.begin(), sizes.end(), 1));
    const std::size_t filled = groups.size() - static_cast<std::size_t>(std::count(sizes.begin(), sizes.end(), 0));
    constexpr const char* kRemedy = "so that they are hardly classes; if they are, say `labels: group`";
    if (filled > 1 && 5 * lone >= 4 * filled && lone < groups.size()) {
        const auto odd = static_cast<std::size_t>(
            std::find_if(sizes.begin(), sizes.end(), [](std::size_t size) { return size != 1; }) - sizes.begin());
        return fmt::format("{} of the {} subgroups of '{}' hold one image each ('{}' holds {}), {}", lone,
                           groups.size(), images.at.name, groups[odd], sizes[odd], kRemedy);
    }
    for (const std::string& key : sets_) {
        try {
            const h5::Located at = locate_labels(key, path_, spec_.roots);
            const Labels labels = read_labels(at.object.get(), key, static_cast<std::int64_t>(groups.size()));
            const std::set<std::int32_t> all(labels.values.begin(), labels.values.end());
            if (groups.size() != images.groups.values.size() && all.size() < groups.size()) { // else a list of classes
                return fmt::format("'{}' has a row for each of the {} subgroups of '{}' (which hold {} images), {}",
                                   key, groups.size(), images.at.name, images.groups.values.size(), kRemedy);
            }
        } catch (const Error&) { // of other rows, or no labels: read() tells
            continue;
        }
    }
    return {};
}

void LabelGuess::compare(const std::vector<std::string>& keys, const std::string& what, FileIndex& index,
                         const ForeignImages& images, FoundLabels& found) const {
    for (const std::string& key : keys) {
        FoundLabels other;
        if (key == found.key || !found.doubt.empty() || !read({key}, index, images, other)) {
            found.notes.insert(found.notes.end(), other.notes.begin(), other.notes.end());
            continue;
        }
        const bool tells = std::set(other.labels.values.begin(), other.labels.values.end()).size() > 1;
        if (tells && !agree(found.labels, other.labels)) {
            found.doubt = fmt::format("{}, but '{}' holds other labels", what, key);
        }
    }
}

FoundLabels LabelGuess::groups(FileIndex& index, const ForeignImages& images) const {
    FoundLabels rows;
    std::vector<std::string> others = attributes(images);
    if (!images.doubt.empty() && !sets_.empty()) {
        rows.notes.push_back(fmt::format("'{}' is not compared with the subgroups: {}", sets_.front(), images.doubt));
    } else if (read(sets_, index, images, rows)) {
        others.insert(others.begin(), rows.key);
    }
    FoundLabels found{images.groups, "group", std::move(rows.notes), ""};
    compare(others,
            fmt::format("subgroups of '{}' ('{}' …) may be classes", images.at.name, images.groups.classes.front()),
            index, images, found);
    return found;
}

FoundLabels LabelGuess::find(FileIndex& index, const ForeignImages& images) const {
    FoundLabels found;
    const bool rows_count = images.doubt.empty();
    const Labels none{std::vector<std::int32_t>(static_cast<std::size_t>(index.count), -1), {}, {}};
    if (!images.groups.classes.empty() && !images.one_each) {
        const std::string why = why_no_groups(images);
        return why.empty() ? groups(index, images) : FoundLabels{none, "none", {}, why};
    }
    const std::vector<std::string> each = attributes(images);
    if ((rows_count && read(sets_, index, images, found)) || read(each, index, images, found)) {
        compare(each, fmt::format("'{}' may be the labels of '{}'", found.key, images.at.name), index, images, found);
        return found;
    }
    if ((!images.names.empty() && read_tables(index, images, found)) ||
        (rows_count && images.names.size() < kMostListed && read_texts(index, images, found))) {
        return found;
    }
    if (!rows_count && !sets_.empty()) {
        found.key = "none";
        found.doubt = fmt::format("the rows of '{}' seem to be the labels of '{}', but {}", sets_.front(),
                                  images.at.name, images.doubt);
    } else if (images.one_each) {
        found.key = "none";
        found.doubt =
            fmt::format("each of the {} subgroups of '{}' ('{}' … '{}') holds one image, so that they are "
                        "hardly classes; if they are, say `labels: group`",
                        index.count, images.at.name, images.groups.classes.front(), images.groups.classes.back());
    }
    found.labels = none;
    return found;
}

std::string label_pattern(const std::string& path, const std::string& key) {
    const std::size_t colon = key.find(':');
    const auto siblings =
        colon == std::string::npos ? std::nullopt : split_siblings(folder_of(path) + key.substr(0, colon));
    return siblings ? fs::path(siblings->pattern).filename().string() + key.substr(colon) : key;
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
            what = fmt::format("{} classes", labels.classes.size());
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
        const bool named = is_named_as_labels(set.name);
        if (set.kind != h5::Shape::pixels && (named || is_column(set, count)) && !is_in(taken, set.name) &&
            !is_in(lists, set.name)) {
            add(set.name, named, false);
        }
    }
    return others;
}

} // namespace tacit::shards
