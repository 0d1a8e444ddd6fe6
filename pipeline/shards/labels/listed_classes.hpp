// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "pipeline/shards/labels/labels.hpp"

#include <cstddef>
#include <string>
#include <vector>

namespace tacit::shards {

/// Texts that may be the names of classes.
struct ClassList {
    std::string name;               ///< of the data set, attribute or array
    std::vector<std::string> texts; ///< that all differ
    bool known = false;             ///< by its name it can list nothing else
    std::size_t level = 0;          ///< lists of the same one are rivals; of others the first counts
};

/// Names the classes of `labels`, which are numbers: by the first known list that is long enough, else by one of
/// exactly as many texts. Where no image is of class 0, a list with as many names as the largest label counts from 1,
/// and a longer one names none, as it may count from 0 too (other splits would seem to count otherwise); not so if
/// labels count `from_zero` for certain. Where no list fits, or another of one
/// level that differs, labels.note says so.
void name_classes(Labels& labels, const std::vector<ClassList>& lists, bool from_zero, const std::string& where);

} // namespace tacit::shards
