// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "pipeline/shards/labels/listed_classes.hpp"

#include <hdf5.h>

#include <string>
#include <vector>

namespace tacit::shards::h5 {

/// Names of the values 0, 1, … of an enumeration; a value without a member is named by its number. Empty: the type is
/// none, or is a bool, or has values that are no class numbers (-1: no label).
std::vector<std::string> member_names(hid_t type);

/// Lists of texts that all differ and whose names speak of classes, categories, labels or names (known are class_names,
/// classes, label_names and categories): attributes of a data set of labels, of its group (or of that which holds a
/// group of each image) and of its file's root, then data sets in these groups. Others than known ones that have a text
/// for each of `images` are none.
std::vector<ClassList> class_lists(hid_t labels, std::size_t images);

/// Data sets beside a group and at the root that hold `rows` texts, all different: names of the group's members,
/// perhaps.
std::vector<ClassList> rows_of_texts(hid_t group, std::size_t rows);

/// The fields of a compound type, and "'id', 'label'": the first of them.
std::vector<std::string> fields_of(hid_t type);
std::string field_names(hid_t type);

} // namespace tacit::shards::h5
