// SPDX-License-Identifier: Apache-2.0
#include "pipeline/shards/import/arrays/named_arrays.hpp"

#include "pipeline/base/error.hpp"
#include "pipeline/base/words.hpp"
#include "pipeline/shards/guess/known_names.hpp"
#include "pipeline/shards/import/array_labels.hpp"
#include "pipeline/shards/splits/split_names.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>

namespace tacit::shards {
namespace {

/// "arr_1" may be anything: there the shape decides. "class_names" are a list of texts.
ArrayRole role_of(const NpyArray& array) {
    const bool text = array.kind == 'U' || array.kind == 'S';
    const ArrayRole role = role_of_name(array.name);
    if (role == ArrayRole::classes && text) {
        return ArrayRole::labels;
    }
    if (role != ArrayRole::images || (array.shape.size() >= 2 && !text)) {
        return role;
    }
    return array.name.starts_with("arr") && array.shape.size() == 1 ? ArrayRole::labels : ArrayRole::other;
}

class Maker {
  public:
    Maker(const std::string& kind, const ImportOptions& options)
        : axes_(options.axes), chosen_(options.labels), source_(std::make_unique<ArraySource>(kind, options)),
          labels_(options.labels, *source_) {}

    std::unique_ptr<ArraySource> run(const std::vector<NpyArray>& arrays) {
        if (!arrays.empty() && !chosen_.empty() && names_array(chosen_) &&
            std::none_of(arrays.begin(), arrays.end(),
                         [&](const NpyArray& array) { return labels_.is_chosen(&array); })) {
            throw ConfigError(
                fmt::format("--labels {}: no array has that name; it takes an array's, TABLE:COLUMN, where "
                            "TABLE is a .csv, .tsv or .txt file, or none",
                            one_line(chosen_)));
        }
        std::map<std::string, SplitArrays, SplitOrder> splits; // classes in the training split's order
        for (const NpyArray& array : arrays) {
            const std::string named = split_in_name(array.name);
            SplitArrays& split = splits[named.empty() ? "train" : named];
            const ArrayRole role = arrays.size() == 1          ? ArrayRole::images
                                   : labels_.is_chosen(&array) ? ArrayRole::labels
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
        labels_.name_classes();
        return source_->empty() ? nullptr : std::move(source_);
    }

  private:
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
        const std::vector<StoredImages> parts = images_of(name, split, axes_);
        source_->add(name, parts, labels_.take(name, split, parts));
    }

    const std::string& axes_;
    const std::string& chosen_; ///< as labels, by name
    std::unique_ptr<ArraySource> source_;
    ArrayLabels labels_;
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
