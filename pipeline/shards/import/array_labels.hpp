// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "pipeline/shards/import/array_images.hpp"
#include "pipeline/shards/labels/class_names.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace tacit::shards {

/// Takes the labels of split after split from arrays; names of classes keep their numbers in all.
class ArrayLabels {
  public:
    /// `chosen`: as labels, by an array's name, or its name in all splits; empty: none is.
    ArrayLabels(const std::string& chosen, ArraySource& source) : chosen_(chosen), source_(source) {}

    bool is_chosen(const NpyArray* array) const;
    /// Of the images in `parts`, one of each array in `split.images`: one array for all, or, named by the same numbers,
    /// one for each. Lists of the classes' names, each there once, are taken too. What is not taken is left out of the
    /// source, which is told the files that are. Throws DataError for two that tell other classes, ConfigError where
    /// the one that is chosen is none.
    StoredLabels take(const std::string& name, const SplitArrays& split, const std::vector<StoredImages>& parts);
    /// Names the classes of the source, when all splits are there.
    void name_classes();

  private:
    Labels labels_in(const NpyArray& array) const;
    void check_chosen(const std::string& split, const std::vector<const NpyArray*>& labels) const;
    void leave_out(const NpyArray& array);
    void take_lists(std::vector<const NpyArray*>& arrays, std::int64_t count);
    const NpyArray* one_of(const std::string& split, const std::vector<const NpyArray*>& arrays);
    /// Appends the labels of one array, or part.
    void append(const NpyArray& array, StoredLabels& taken);

    const std::string& chosen_;
    ArraySource& source_;
    ClassNames named_;             ///< of labels so far
    bool texts_ = false;           ///< which are texts
    std::vector<ClassList> lists_; ///< of names for numbers
};

} // namespace tacit::shards
