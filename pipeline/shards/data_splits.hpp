// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "pipeline/shards/data_spec.hpp"

#include <string>
#include <vector>

namespace tacit::shards {

/// The splits that a data set holds, the training split first: those that DataSpec::split_by or split_shares name, and
/// those told by the names of its files, by a shard's own word, or by the usual names of splits (train, val, valid,
/// validation, test, unlabeled) in names of files and objects. {"train"} where nothing tells of splits. Throws IoError
/// when nothing is there, DataError when a file is no HDF5 or a folder holds none.
std::vector<std::string> splits_of(const DataSpec& spec);

} // namespace tacit::shards
