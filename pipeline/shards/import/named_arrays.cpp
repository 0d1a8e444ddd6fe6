// SPDX-License-Identifier: Apache-2.0
#include "pipeline/shards/import/named_arrays.hpp"

#include "pipeline/base/error.hpp"
#include "pipeline/base/log.hpp"
#include "pipeline/base/words.hpp"
#include "pipeline/shards/axes_guess.hpp"
#include "pipeline/shards/class_names.hpp"
#include "pipeline/shards/known_names.hpp"
#include "pipeline/shards/numbered_names.hpp"
#include "pipeline/shards/split_names.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <map>
#include <optional>
#include <set>
#include <string_view>

namespace tacit::shards {
namespace {

[[noreturn]] void bad_array(const NpyArray& array, const std::string& what) {
    throw DataError(fmt::format("{}: {} {}: {}", array.store->path(), array.name, array.text(), what));
}

bool is_text(const NpyArray& array) {
    return array.kind == 'U' || array.kind == 'S';
}

/// Whether its file holds it alone.
bool is_npy(const NpyArray& array) {
    return array.store->path().ends_with("npy");
}

/// "arr_1" may be anything: there the shape decides. "class_names" are a list of texts.
ArrayRole role_of(const NpyArray& array) {
    const ArrayRole role = role_of_name(array.name);
    if (role == ArrayRole::classes && is_text(array)) {
        return ArrayRole::labels;
    }
    if (role != ArrayRole::images || (array.shape.size() >= 2 && !is_text(array))) {
        return role;
    }
    return array.name.starts_with("arr") && array.shape.size() == 1 ? ArrayRole::labels : ArrayRole::other;
}

Element element_of(const NpyArray& array) {
    constexpr std::array<std::pair<std::string_view, Element>, 7> kTypes = {{{"u1", Element::u8},
                                                                             {"b1", Element::u8},
                                                                             {"u2", Element::u16},
                                                                             {"i2", Element::i16},
                                                                             {"f2", Element::f16},
                                                                             {"f4", Element::f32},
                                                                             {"f8", Element::f64}}};
    const std::string type = fmt::format("{}{}", array.kind, array.value_bytes);
    for (const auto& [name, element] : kTypes) {
        if (name == type) {
            return element;
        }
    }
    bad_array(array, "images are of type u1, u2, i2, f2, f4 or f8; convert the array with astype()");
}

/// As its file names it, if that holds nothing else.
std::string bare_name(const NpyArray& array) {
    return is_npy(array) ? std::filesystem::path(array.store->path()).stem().string() : array.name;
}

std::vector<std::uint64_t> extents_of(const NpyArray& array) {
    return {array.shape.begin(), array.shape.end()};
}

/// `labels`: how many there are; 0: none. `alone`: the array is one image of several arrays.
std::string axes_of(const NpyArray& array, const std::string& axes, std::uint64_t labels, bool alone) {
    if (!axes.empty()) {
        if (axes.size() != array.shape.size()) {
            bad_array(array,
                      fmt::format("--axes {} names {} axes, the array has {}", axes, axes.size(), array.shape.size()));
        }
        return axes;
    }
    if (alone) {
        return guess_one_image(extents_of(array));
    }
    if (array.shape.size() != 3 && array.shape.size() != 4) {
        bad_array(array, "images have 3 or 4 axes, such as (N, H, W) or (N, H, W, C)" + flat_advice(extents_of(array)));
    }
    const std::vector<std::uint64_t> rows =
        labels > 0 ? std::vector<std::uint64_t>{labels} : std::vector<std::uint64_t>();
    AxesGuess guess;
    try {
        guess = guess_axes(extents_of(array), {false, false, rows});
    } catch (const DataError& error) {
        bad_array(array, fmt::format("{} (--axes NHWC or --axes NCHW)", error.what()));
    }
    if (!guess.other.empty()) {
        bad_array(array, fmt::format("could be read as {}, or as {}; say which with --axes {} or --axes {}",
                                     reading_text(guess.letters, extents_of(array)),
                                     reading_text(guess.other, extents_of(array)), guess.letters, guess.other));
    }
    return guess.letters;
}

StoredImages images_of(const NpyArray& array, const std::string& axes) {
    const std::vector<std::uint64_t> steps = array.steps();
    StoredImages images;
    const auto extent = [&](char axis) {
        const std::size_t at = axes.find(axis);
        return at == std::string::npos ? 1 : static_cast<int>(std::min<std::int64_t>(array.shape[at], 1 << 30));
    };
    const auto step = [&](char axis) {
        const std::size_t at = axes.find(axis);
        return at == std::string::npos ? std::uint64_t{1} : steps[at];
    };
    images.shape = {extent('H'), extent('W'), extent('C')};
    images.count = axes.find('N') == std::string::npos ? 1 : array.shape[axes.find('N')];
    images.element = element_of(array);
    images.big_endian = array.big_endian;
    images.offset = array.offset;
    images.store = array.store;
    images.sample_step = step('N') * array.value_bytes;
    images.row_step = step('H');
    images.column_step = step('W');
    images.channel_step = step('C');
    // Where images are not one behind the other, each of them is spread over the whole array.
    const bool in_turn = axes[0] == 'N' || axes.find('N') == std::string::npos;
    if (array.values() > 0 && in_turn && !array.fortran) {
        return images;
    }
    images.store = in_memory(array.store);
    return images;
}

/// The arrays of one split.
struct SplitArrays {
    std::vector<const NpyArray*> images;
    std::vector<const NpyArray*> labels;
    std::vector<const NpyArray*> classes; ///< numbers: labels where nothing else is
};

/// Several arrays of images in the order of the numbers in their names.
void put_in_order(const std::string& split, std::vector<const NpyArray*>& images) {
    const std::string kind = without_numbers(images.front()->name, "#");
    for (const NpyArray* other : images) {
        if (without_numbers(other->name, "#") != kind) {
            throw DataError(fmt::format("{}: {} and {} could both be the images of split '{}'; leave one of them out",
                                        images.front()->store->path(), images.front()->name, other->name, split));
        }
    }
    std::sort(images.begin(), images.end(),
              [](const NpyArray* a, const NpyArray* b) { return natural_less(a->name, b->name); });
}

bool is_one_image(const NpyArray* array) {
    return !guess_one_image(extents_of(*array)).empty();
}

class Maker {
  public:
    Maker(const std::string& kind, const ImportOptions& options)
        : axes_(options.axes), chosen_(options.labels), source_(std::make_unique<ArraySource>(kind, options)) {}

    std::unique_ptr<ArraySource> run(const std::vector<NpyArray>& arrays) {
        if (!arrays.empty() && !chosen_.empty() && names_array(chosen_) &&
            std::none_of(arrays.begin(), arrays.end(), [&](const NpyArray& array) { return is_chosen(&array); })) {
            throw ConfigError(
                fmt::format("--labels {}: no array has that name; it takes an array's, TABLE:COLUMN, where "
                            "TABLE is a .csv, .tsv or .txt file, or none",
                            one_line(chosen_)));
        }
        std::map<std::string, SplitArrays, SplitOrder> splits; // classes in the training split's order
        for (const NpyArray& array : arrays) {
            const std::string named = split_in_name(array.name);
            SplitArrays& split = splits[named.empty() ? "train" : named];
            const ArrayRole role = arrays.size() == 1  ? ArrayRole::images
                                   : is_chosen(&array) ? ArrayRole::labels
                                                       : role_of(array);
            if (role == ArrayRole::other) {
                source_->leave_out(array.name);
            } else {
                (role == ArrayRole::images   ? split.images
                 : role == ArrayRole::labels ? split.labels
                                             : split.classes)
                    .push_back(&array);
            }
        }
        std::erase_if(splits, [&](const auto& split) {
            const bool none = split.second.images.empty() && split.second.labels.empty();
            leave_out(none ? split.second.classes : std::vector<const NpyArray*>());
            return none;
        });
        for (auto& [name, split] : splits) {
            add(name, split);
        }
        source_->name_classes(texts_ ? named_ : ClassNames());
        if (!texts_) {
            source_->name_numbers(lists_);
        }
        return source_->empty() ? nullptr : std::move(source_);
    }

  private:
    bool is_chosen(const NpyArray* array) const {
        return array->name == chosen_ || (!chosen_.empty() && of_all_splits(array->name) == chosen_);
    }

    /// Throws NotLabels; ConfigError where the user named the array.
    Labels labels_in(const NpyArray& array) const {
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
    void check_chosen(const std::string& split, const std::vector<const NpyArray*>& labels) const {
        const bool named = !chosen_.empty() && names_array(chosen_);
        if (named && !labels.empty() &&
            std::none_of(labels.begin(), labels.end(), [&](const NpyArray* array) { return is_chosen(array); })) {
            throw ConfigError(fmt::format("--labels {}: names no array of split '{}', which has {}; name one of each "
                                          "split, as in --labels {}, or leave out what is not to be imported",
                                          one_line(chosen_), split, labels.front()->name,
                                          of_all_splits(labels.front()->name)));
        }
    }

    void leave_out_labels(const NpyArray& array) {
        source_->info.left_out.add("arrays that may be labels beside those that are taken", array.name);
    }

    /// Of several arrays of labels the one that is chosen, or the first of those that are labels and tell the same.
    const NpyArray* one_of(const std::string& split, const std::vector<const NpyArray*>& arrays) {
        const NpyArray* one = nullptr;
        Labels labels;
        for (const NpyArray* array : arrays) {
            if (std::any_of(arrays.begin(), arrays.end(), [&](auto* any) { return is_chosen(any); }) &&
                !is_chosen(array)) {
                leave_out_labels(*array);
                continue;
            }
            try {
                Labels more = labels_in(*array);
                if (one != nullptr && !agree(labels, more)) {
                    throw DataError(fmt::format("{}: {} and {} could both be the labels of split '{}', and tell other "
                                                "classes; say which with --labels {} or --labels {}",
                                                array->store->path(), one->name, array->name, split,
                                                of_all_splits(one->name), of_all_splits(array->name)));
                }
                if (one != nullptr) {
                    leave_out_labels(*array);
                    continue;
                }
                labels = std::move(more);
                one = array;
            } catch (const NotLabels&) {
                leave_out_labels(*array);
            }
        }
        return one == nullptr ? arrays.front() : one;
    }

    void leave_out(const std::vector<const NpyArray*>& arrays) {
        for (const NpyArray* array : arrays) {
            source_->leave_out(array->name);
        }
    }

    void add(const std::string& name, SplitArrays& split) {
        if (split.images.empty()) {
            throw DataError(fmt::format("{}: {} holds labels for split '{}', but there is no array of its images",
                                        split.labels[0]->store->path(), split.labels[0]->name, name));
        }
        const bool stacks = std::any_of(split.images.begin(), split.images.end(),
                                        [](const NpyArray* array) { return array->shape.size() > 2; });
        std::erase_if(split.images, [&](const NpyArray* array) { // a table of features beside images
            const bool table = stacks && array->shape.size() == 2;
            if (table) {
                source_->leave_out(array->name);
            }
            return table;
        });
        put_in_order(name, split.images);
        const bool alone =
            split.images.size() > 1 && std::all_of(split.images.begin(), split.images.end(), is_one_image);
        if (alone && axes_.empty()) {
            check_rows(split);
        }
        const auto labels = std::find_if(split.labels.begin(), split.labels.end(), [](const NpyArray* array) {
            return !array->shape.empty() && !(is_text(*array) && role_of_name(array->name) == ArrayRole::classes);
        });
        const std::uint64_t rows = split.images.size() == 1 && labels != split.labels.end()
                                       ? static_cast<std::uint64_t>((*labels)->shape[0])
                                       : 0;
        std::vector<StoredImages> parts;
        std::int64_t count = 0;
        for (const NpyArray* array : split.images) {
            parts.push_back(images_of(*array, axes_of(*array, axes_, rows, alone && axes_.empty())));
            parts.back().name = is_npy(*array) ? "" : array->name;
            count += parts.back().count;
        }
        source_->add(name, parts, labels_of(name, split.labels, split.classes, count));
    }

    /// A label for each array says that they are images.
    static void check_rows(const SplitArrays& split) {
        const NpyArray& first = *split.images.front();
        const std::size_t others = split.images.size() - 1;
        const bool labelled = std::any_of(split.labels.begin(), split.labels.end(), [&](const NpyArray* labels) {
            return !labels->shape.empty() && labels->shape[0] == static_cast<std::int64_t>(others + 1);
        });
        if (!labelled && may_be_rows(extents_of(first), element_of(first), bare_name(first))) {
            bad_array(first, fmt::format("rows of features, or one gray image of {} x {}; if it is an image, as the "
                                         "other {} arrays, say --axes HW",
                                         first.shape[0], first.shape[1], others));
        }
    }

    /// Of `count` images. Lists of the classes' names, each there once, are taken too.
    StoredLabels labels_of(const std::string& split, std::vector<const NpyArray*> arrays,
                           const std::vector<const NpyArray*>& classes, std::int64_t count) {
        const bool alone = arrays.size() == 1;
        std::erase_if(arrays, [&](const NpyArray* array) {
            const bool may_be = !is_chosen(array) && (!alone || role_of_name(array->name) == ArrayRole::classes ||
                                                      array->name.ends_with("names"));
            const std::vector<std::string> names =
                may_be && is_text(*array) && array->values() != count ? array_texts(*array) : ClassNames();
            const bool list =
                !names.empty() && std::set<std::string>(names.begin(), names.end()).size() == names.size();
            if (list) {
                lists_.push_back({array->name, names, true});
                source_->note_file(array->store->path());
            }
            return list;
        });
        for (const NpyArray* array : classes) {
            if (array->values() == count) {
                arrays.push_back(array);
            } else {
                source_->leave_out(array->name);
            }
        }
        check_chosen(split, arrays);
        if (arrays.size() > 1) {
            arrays = {one_of(split, arrays)};
        }
        if (arrays.empty()) {
            return {};
        }
        try {
            Labels labels = labels_in(*arrays[0]);
            const ClassNames all = continued(named_, labels.classes);
            renumber(labels.values, labels.classes, all);
            named_ = all;
            texts_ = texts_ || is_text(*arrays[0]);
            source_->note_file(arrays[0]->store->path());
            return {std::move(labels.values), is_npy(*arrays[0])
                                                  ? arrays[0]->store->path()
                                                  : fmt::format("{}: {}", arrays[0]->store->path(), arrays[0]->name)};
        } catch (const NotLabels& error) {
            log::warning(fmt::format("{}; the images of split '{}' are read without labels", error.what(), split));
            source_->leave_out(arrays[0]->name);
            return {};
        }
    }

    const std::string& axes_;
    const std::string& chosen_; ///< as labels, by name
    std::unique_ptr<ArraySource> source_;
    ClassNames named_;             ///< of labels so far
    bool texts_ = false;           ///< which are texts
    std::vector<ClassList> lists_; ///< of names for numbers
};

} // namespace

void check_axes(const std::string& axes) {
    std::string sorted = axes;
    std::sort(sorted.begin(), sorted.end());
    sorted.erase(0, sorted.starts_with('C') ? 1 : 0);
    if (!axes.empty() && sorted != "HNW" && sorted != "HW") {
        throw ConfigError(fmt::format("--axes {}: each of N (unless an array is one image), H, W and, if there are "
                                      "channels, C stands once, as in NHWC or HW",
                                      axes));
    }
}

std::unique_ptr<ArraySource> source_of_arrays(const std::string& kind, const std::vector<NpyArray>& arrays,
                                              const ImportOptions& options) {
    return Maker(kind, options).run(arrays);
}

} // namespace tacit::shards
