// SPDX-License-Identifier: Apache-2.0
#include "pipeline/shards/label_guess.hpp"

#include "pipeline/base/error.hpp"
#include "pipeline/shards/data_section.hpp"
#include "pipeline/shards/known_names.hpp"
#include "pipeline/shards/label_places.hpp"
#include "pipeline/shards/label_sets.hpp"
#include "pipeline/shards/named_labels.hpp"
#include "pipeline/shards/split_names.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <filesystem>
#include <iterator>
#include <set>
#include <string_view>
#include <utility>

namespace tacit::shards {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMaxCsvFiles = 8;
constexpr std::size_t kMaxNote = 400;
constexpr std::size_t kMostListed = 5000; ///< data sets of images among which one of labels is looked for

std::string note_of(const Error& error) {
    const std::string why = error.what();
    return "no labels: " + (why.size() > kMaxNote ? why.substr(0, kMaxNote) + "…" : why);
}

std::string setting_of(const std::string& key) {
    return fmt::format("`labels: {}`", yaml_text(of_all_splits(key)));
}

/// Whether the labels `key` tell images apart in another way; a list of the classes' names, if it is as long, does not.
bool tells_others(const Labels& found, const std::string& key, const Labels& other) {
    const std::size_t classes = std::set(other.values.begin(), other.values.end()).size();
    const bool list = role_of_name(key) == ArrayRole::classes && classes == other.values.size();
    return classes > 1 && !list && !agree(found, other);
}

} // namespace

LabelGuess::LabelGuess(const std::string& path, const DataSpec& spec, const std::string& images,
                       const std::vector<std::string>& usual)
    : path_(path), spec_(spec), sets_(label_places(path, images, usual)) {}

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

std::vector<std::string> LabelGuess::named_sets() const {
    std::vector<std::string> named;
    std::copy_if(sets_.begin(), sets_.end(), std::back_inserter(named), [](const std::string& key) {
        return may_list_labels(key.substr(key.rfind(':') + 1)); // npos + 1: all of it
    });
    return named;
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
        if (lower_case(entry->path().extension().string()) == ".csv") {
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
    const std::vector<std::string> fit = repeated_texts(path_, images.at.name, index.count);
    if (fit.size() != 1 || !read(fit, index, images, found)) {
        return false;
    }
    found.notes.push_back(fmt::format("labels are '{}', the only texts that repeat, one for each image", found.key));
    return true;
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
    std::vector<std::string> others;
    std::string settings;
    for (const std::string& key : keys) {
        FoundLabels other;
        if (key != found.key && read({key}, index, images, other) && tells_others(found.labels, key, other.labels)) {
            others.push_back(key);
            settings += ", or " + setting_of(key);
        }
        found.notes.insert(found.notes.end(), other.notes.begin(), other.notes.end());
    }
    if (!others.empty()) {
        found.doubt = fmt::format("{}, but '{}' hold{} other labels ({}{}; --labels)", what, fmt::join(others, "', '"),
                                  others.size() == 1 ? "s" : "", setting_of(found.key), settings);
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
    const Labels none{std::vector<std::int32_t>(static_cast<std::size_t>(index.count), -1), {}, {}, {}};
    if (!images.groups.classes.empty() && !images.one_each) {
        const std::string why = why_no_groups(images);
        return why.empty() ? groups(index, images) : FoundLabels{none, "none", {}, why};
    }
    const std::vector<std::string> each = attributes(images);
    if ((rows_count && read(sets_, index, images, found)) || read(each, index, images, found)) {
        std::vector<std::string> others = rows_count ? named_sets() : std::vector<std::string>();
        others.insert(others.end(), each.begin(), each.end());
        compare(others, fmt::format("'{}' may be the labels of '{}'", found.key, images.at.name), index, images, found);
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

} // namespace tacit::shards
