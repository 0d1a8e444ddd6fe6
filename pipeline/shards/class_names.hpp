// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "pipeline/shards/image_part.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace tacit::shards {

using ClassNames = std::vector<std::string>;

/// All classes: the longer list where one begins with the other, as lists of numbers do, else all names in
/// alphabetical order.
ClassNames united(const ClassNames& one, const ClassNames& other);

/// Gives every label the number that its class, of `names`, has in `to`, which `names` become; -1 stays. Where one list
/// begins with the other, only `names` change, to the longer one. Throws DataError with the reason alone where `to`
/// lacks the class of a label.
void renumber(std::vector<std::int32_t>& labels, ClassNames& names, const ClassNames& to);

/// Gives a class the same number in all files of a split: they may number their classes each for itself. Throws
/// DataError naming the file.
void unite_classes(std::vector<FileIndex>& files);

} // namespace tacit::shards
