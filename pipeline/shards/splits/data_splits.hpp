// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "pipeline/shards/data_spec.hpp"

#include <string>
#include <vector>

namespace tacit::shards {

/// The splits that names of files and objects, or a shard's own word, tell of: kSplitSpellings are looked for, and
/// `other`. Empty where nothing tells of splits. Throws IoError when nothing is there, DataError when a file is no HDF5
/// or a folder holds none.
std::vector<std::string> told_splits(const DataSpec& spec, const std::string& other = kUnnamedSplit);

/// The splits that a data set holds, the training split first: those that DataSpec::split_by or split_shares name, and
/// told_splits(), which looks for `other` too. {"train"} where nothing tells of splits. Throws IoError
/// when nothing is there, DataError when a file is no HDF5 or a folder holds none.
std::vector<std::string> splits_of(const DataSpec& spec, const std::string& other = kUnnamedSplit);

} // namespace tacit::shards
