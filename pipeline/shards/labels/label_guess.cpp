// SPDX-License-Identifier: Apache-2.0
#include "pipeline/shards/labels/label_guess.hpp"

#include "pipeline/base/error.hpp"
#include "pipeline/shards/data_section.hpp"
#include "pipeline/shards/guess/known_names.hpp"
#include "pipeline/shards/hdf5/groups/sample_groups.hpp"
#include "pipeline/shards/labels/label_sets.hpp"
#include "pipeline/shards/labels/named_labels.hpp"
#include "pipeline/shards/splits/split_names.hpp"

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

using Names = std::vector<std::string>;

std::string last_step(const std::string& key) {
    return key.substr(key.find_last_of("/:") + 1); // npos + 1: all of it
}

bool is_label_name(const std::string& name) {
    return std::find(label_names().begin(), label_names().end(), name) != label_names().end();
}

bool names_splits(const Names& classes) {
    return std::all_of(classes.begin(), classes.end(), [](const auto& name) { return !split_of_word(name).empty(); });
}

std::string note_of(const Error& error) {
    const std::string why = error.what();
    return "no labels: " + (why.size() > kMaxNote ? why.substr(0, kMaxNote) + "…" : why);
}

} // namespace

LabelGuess::LabelGuess(const std::string& path, const DataSpec& spec, const std::string& images,
                       const std::vector<std::string>& usual)
    : path_(path), spec_(spec), sets_(label_places(path, images, usual)) {
    const auto others = std::stable_partition(sets_.begin(), sets_.end(),
                                              [](const std::string& key) { return !h5::sample_pattern(key); });
    samples_.assign(others, sets_.end());
    sets_.erase(others, sets_.end());
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

std::vector<std::string> LabelGuess::named_sets() const {
    std::vector<std::string> named;
    std::copy_if(sets_.begin(), sets_.end(), std::back_inserter(named), [](const std::string& key) {
        return may_list_labels(key.substr(key.rfind(':') + 1)); // npos + 1: all of it
    });
    return named;
}

std::vector<std::string> LabelGuess::attributes(const FileIndex& index, const ForeignImages& images) const {
    std::vector<std::string> keys;
    for (const std::string& name : label_names()) {
        if (name.size() > 1 && has_attribute_of_each(images, index.count, name, spec_.roots)) { // y: a place
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

void LabelGuess::compare(const std::vector<std::string>& keys, bool usual, FileIndex& index,
                         const ForeignImages& images, FoundLabels& found) const {
    for (const std::string& key : keys) {
        const std::vector<OtherLabels>& known = found.rivals.others;
        FoundLabels other;
        if (key == found.key ||
            std::any_of(known.begin(), known.end(), [&](const auto& one) { return one.key == key; })) {
            continue;
        }
        try {
            if (read({key}, index, images, other) && (usual || !names_splits(other.labels.classes))) {
                found.rivals.add(key, usual, found.labels, other.labels);
            } else if (usual) {
                found.notes.insert(found.notes.end(), other.notes.begin(), other.notes.end());
            }
        } catch (const Error&) {
            if (usual) {
                throw;
            } // else nobody said that these are labels: not every image has one, or they are damaged
        }
    }
}

void LabelGuess::compare_all(std::string what, std::vector<std::string> usual, FileIndex& index,
                             const ForeignImages& images, FoundLabels& found) const {
    found.rivals.what = std::move(what);
    found.rivals.taken = found.key;
    std::vector<std::string> others;
    for (const std::string& key : samples_) {
        (is_label_name(last_step(key)) ? usual : others).push_back(key);
    }
    if (images.doubt.empty()) {
        const std::vector<std::string> named = named_sets();
        usual.insert(usual.end(), named.begin(), named.end());
    }
    const std::vector<std::string> each = attributes(index, images);
    usual.insert(usual.end(), each.begin(), each.end());
    if (images.doubt.empty() && images.names.size() < kMostListed) {
        const std::vector<std::string> beside = sets_beside_labels(path_, index.split, images.at.name, found.labels);
        others.insert(others.end(), beside.begin(), beside.end());
    }
    compare(usual, true, index, images, found);
    compare(others, false, index, images, found);
    found.doubt = found.rivals.doubt(found.labels.values.size());
}

FoundLabels LabelGuess::find(FileIndex& index, const ForeignImages& images) const {
    FoundLabels found;
    const bool rows_count = images.doubt.empty();
    const Labels none{std::vector<std::int32_t>(static_cast<std::size_t>(index.count), -1), {}, {}, {}};
    if (!images.groups.classes.empty() && !images.one_each) {
        if (const std::string why = why_no_groups(images); !why.empty()) {
            return {none, "none", {}, why, {}};
        }
        found.labels = images.groups;
        found.key = "group";
        if (!rows_count && !sets_.empty()) {
            found.notes.push_back(
                fmt::format("'{}' is not compared with the subgroups: {}", sets_.front(), images.doubt));
        }
        compare_all(
            fmt::format("subgroups of '{}' ('{}' …) may be classes", images.at.name, images.groups.classes.front()),
            rows_count ? sets_ : Names(), index, images, found);
        return found;
    }
    Names samples;
    std::copy_if(samples_.begin(), samples_.end(), std::back_inserter(samples),
                 [](const std::string& key) { return is_label_name(last_step(key)); });
    if (read(samples, index, images, found) || (rows_count && read(sets_, index, images, found)) ||
        read(attributes(index, images), index, images, found)) {
        compare_all(fmt::format("'{}' may be the labels of '{}'", found.key, images.at.name), {}, index, images, found);
        if (h5::sample_pattern(found.key) && !rows_count && found.doubt.empty()) {
            const std::vector<std::uint64_t> counts = rows();
            if (std::count(counts.begin(), counts.end(), static_cast<std::uint64_t>(index.count)) > 0) {
                found.doubt = fmt::format("labels may be '{}', or a list with a row for each image", found.key);
            }
        }
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
