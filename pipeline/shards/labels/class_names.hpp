// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "pipeline/shards/read/image_part.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace tacit::shards {

using ClassNames = std::vector<std::string>;

/// A class as it is stored: UTF-8 (utf8_of()) with composed letters (Unicode NFC), so that a name is one class however
/// a file system writes it.
std::string class_name(const std::string& bytes);

/// All classes: both lists in one where they agree, else all names in alphabetical order. Lists agree where one begins
/// with the other, or is 0, 1, 2 and so on, which stand for whatever names the other has in these places (unless those
/// are numbers too, of other places).
ClassNames united(const ClassNames& one, const ClassNames& other);

/// The same with the classes of `first` in their places: what only `more` has comes after them.
ClassNames continued(const ClassNames& first, const ClassNames& more);

/// Gives every label the number that its class, of `names`, has in `to`, which `names` become; -1 stays. Where the
/// lists agree, only `names` change, to both in one. Throws DataError with the reason alone where `to` lacks the class
/// of a label.
void renumber(std::vector<std::int32_t>& labels, ClassNames& names, const ClassNames& to);

/// What to say where classes are numbers and most have no image, as a stray label or one that stands for none makes
/// them: "256 classes, of which 11 have images: …". Empty: nothing.
std::string sparse_classes(const std::vector<std::int64_t>& images, const ClassNames& classes);
/// Images of each class of files whose classes have the same numbers.
std::vector<std::int64_t> images_of_classes(const std::vector<FileIndex>& files);

/// A file or split, and what its images are labelled with.
struct LabelledSet {
    const std::string& where;
    const std::vector<std::int32_t>& labels;
    const ClassNames& classes;
};
/// Throws DataError where the same names count from 0 in one of them and from 1 in another.
void check_counts(const std::vector<LabelledSet>& sets);

/// Gives a class the same number in all files of a split: they may number their classes each for itself. Throws
/// DataError naming the file.
void unite_classes(std::vector<FileIndex>& files);

} // namespace tacit::shards
