// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <hdf5.h>

#include <string>
#include <vector>

namespace tacit::shards::h5 {

/// Names of the values 0, 1, … of an enumeration; a value without a member is named by its number. Empty: the type is
/// none, or is a bool, or has values that are no class numbers (-1: no label).
std::vector<std::string> member_names(hid_t type);

/// The texts of attribute class_names, classes, label_names or categories of a data set, of its group or of its file's
/// root: the first list of `least` texts or more that all differ. Else exactly `least` of them in an attribute, or a
/// data set beside or at the root, whose name speaks of classes, categories, labels or names. Empty: there is none.
std::vector<std::string> listed_class_names(hid_t dataset, std::size_t least);

/// "'id', 'label'": the fields of a compound type.
std::string field_names(hid_t type);

} // namespace tacit::shards::h5
