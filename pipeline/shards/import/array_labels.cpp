// SPDX-License-Identifier: Apache-2.0
#include "pipeline/shards/import/array_labels.hpp"

#include "pipeline/base/error.hpp"
#include "pipeline/base/log.hpp"
#include "pipeline/base/words.hpp"
#include "pipeline/shards/guess/known_names.hpp"
#include "pipeline/shards/guess/numbered_names.hpp"
#include "pipeline/shards/splits/split_names.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <string_view>
#include <utility>

namespace tacit::shards {
namespace {

bool is_text(const NpyArray& array) {
    return array.kind == 'U' || array.kind == 'S';
}

/// The digits of the last number in a name.
std::string_view last_number(std::string_view name) {
    const std::size_t last = name.find_last_of("0123456789");
    const std::string_view left = name.substr(0, last + 1); // npos + 1: nothing
    return left.substr(left.find_last_not_of("0123456789") + 1);
}

/// Whether arrays of labels go with those of images one by one, as their numbers do.
bool go_together(const std::vector<const NpyArray*>& labels, const std::vector<const NpyArray*>& images) {
    return labels.size() > 1 &&
           std::equal(labels.begin(), labels.end(), images.begin(), images.end(),
                      [&](const NpyArray* one, const NpyArray* other) {
                          return without_numbers(one->name, "#") == without_numbers(labels[0]->name, "#") &&
                                 !last_number(one->name).empty() && last_number(one->name) == last_number(other->name);
                      });
}

} // namespace

bool ArrayLabels::is_chosen(const NpyArray* array) const {
    return array->name == chosen_ || (!chosen_.empty() && of_all_splits(array->name) == chosen_);
}

/// Throws NotLabels; ConfigError where the user named the array.
Labels ArrayLabels::labels_in(const NpyArray& array) const {
    try {
        return class_labels(array);
    } catch (const NotLabels& error) {
        if (is_chosen(&array)) {
            throw ConfigError(fmt::format("--labels {}: {}; name another array, or none", chosen_, error.what()));
        }
        throw;
    }
}

/// A name that is chosen counts for all splits that have labels, so that none of them is guessed beside it.
void ArrayLabels::check_chosen(const std::string& split, const std::vector<const NpyArray*>& labels) const {
    const bool named = !chosen_.empty() && names_array(chosen_);
    if (named && !labels.empty() &&
        std::none_of(labels.begin(), labels.end(), [&](const NpyArray* array) { return is_chosen(array); })) {
        throw ConfigError(fmt::format("--labels {}: names no array of split '{}', which has {}; name one of each "
                                      "split, as in --labels {}, or leave out what is not to be imported",
                                      one_line(chosen_), split, labels.front()->name,
                                      of_all_splits(labels.front()->name)));
    }
}

void ArrayLabels::leave_out(const NpyArray& array) {
    source_.info.left_out.add("arrays that may be labels beside those that are taken", array.name);
}

/// Of several arrays of labels the one that is chosen, or the first of those that are labels and tell the same.
const NpyArray* ArrayLabels::one_of(const std::string& split, const std::vector<const NpyArray*>& arrays) {
    const NpyArray* one = nullptr;
    Labels labels;
    for (const NpyArray* array : arrays) {
        if (std::any_of(arrays.begin(), arrays.end(), [&](auto* any) { return is_chosen(any); }) && !is_chosen(array)) {
            leave_out(*array);
            continue;
        }
        try {
            Labels more = labels_in(*array);
            LabelRivals rivals;
            rivals.add(array->name, true, labels, more);
            if (one != nullptr &&
                (more.values.size() != labels.values.size() || !rivals.doubt(labels.values.size()).empty())) {
                throw DataError(fmt::format("{}: {} and {} could both be the labels of split '{}', and tell other "
                                            "classes; say which with --labels {} or --labels {}",
                                            array->store->path(), one->name, array->name, split,
                                            of_all_splits(one->name), of_all_splits(array->name)));
            }
            if (one != nullptr) {
                leave_out(*array);
                continue;
            }
            labels = std::move(more);
            one = array;
        } catch (const NotLabels&) {
            leave_out(*array);
        }
    }
    return one == nullptr ? arrays.front() : one;
}

void ArrayLabels::take_lists(std::vector<const NpyArray*>& arrays, std::int64_t count) {
    const bool alone = arrays.size() == 1;
    std::erase_if(arrays, [&](const NpyArray* array) {
        const bool may_be = !is_chosen(array) && (!alone || role_of_name(array->name) == ArrayRole::classes ||
                                                  array->name.ends_with("names"));
        const std::vector<std::string> names =
            may_be && is_text(*array) && array->values() != count ? array_texts(*array) : ClassNames();
        const bool list = !names.empty() && std::set<std::string>(names.begin(), names.end()).size() == names.size();
        if (list) {
            lists_.push_back({array->name, names, true});
            source_.note_file(array->store->path());
        }
        return list;
    });
}

void ArrayLabels::append(const NpyArray& array, StoredLabels& taken) {
    Labels labels = labels_in(array);
    const ClassNames all = continued(named_, labels.classes);
    renumber(labels.values, labels.classes, all);
    named_ = all;
    texts_ = texts_ || is_text(array);
    source_.note_file(array.store->path());
    taken.values.insert(taken.values.end(), labels.values.begin(), labels.values.end());
    if (taken.where.empty()) {
        taken.where = is_npy(array) ? array.store->path() : fmt::format("{}: {}", array.store->path(), array.name);
    }
}

StoredLabels ArrayLabels::take(const std::string& name, const SplitArrays& split,
                               const std::vector<StoredImages>& parts) {
    std::int64_t count = 0;
    for (const StoredImages& part : parts) {
        count += part.count;
    }
    std::vector<const NpyArray*> arrays = split.labels;
    std::sort(arrays.begin(), arrays.end(), [](auto* a, auto* b) { return natural_less(a->name, b->name); });
    const bool together = go_together(arrays, split.images);
    if (!together) {
        arrays = split.labels;
        take_lists(arrays, count);
    }
    for (const NpyArray* array : split.classes) {
        if (array->values() == count && !together) {
            arrays.push_back(array);
        } else {
            source_.leave_out(array->name);
        }
    }
    check_chosen(name, arrays);
    if (arrays.size() > 1 && !together) {
        arrays = {one_of(name, arrays)};
    }
    StoredLabels taken;
    for (std::size_t i = 0; i < arrays.size(); ++i) {
        NpyArray array = *arrays[i];
        if (together && array.shape.empty()) { // one number
            array.shape = {1};
        }
        try {
            const std::size_t before = taken.values.size();
            append(array, taken);
            const auto own = static_cast<std::int64_t>(taken.values.size() - before);
            if (together && own != parts[i].count) {
                throw DataError(fmt::format("{}: {} holds {} labels, {} holds {} images; give every image one label, "
                                            "or leave labels out with --labels none",
                                            array.store->path(), array.name, own, split.images[i]->name,
                                            parts[i].count));
            }
        } catch (const NotLabels& error) {
            log::warning(fmt::format("{}; the images of split '{}' are read without labels", error.what(), name));
            source_.leave_out(array.name);
            return {};
        }
    }
    return taken;
}

void ArrayLabels::name_classes() {
    source_.name_classes(texts_ ? named_ : ClassNames());
    if (!texts_) {
        source_.name_numbers(lists_);
    }
}

} // namespace tacit::shards
