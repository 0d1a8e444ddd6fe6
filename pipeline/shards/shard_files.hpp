// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

namespace tacit::shards {

/// "<folder>/<split>-00003.h5".
std::string shard_path(const std::string& folder, const std::string& split, int number);
/// Splits that a folder holds, sorted: names before "-….h5", or whole names of other .h5 files.
std::vector<std::string> splits_in(const std::string& folder);
/// The files `<split>-*.h5`, or `<split>.h5`, of a folder, sorted. Throws IoError if there is no such folder,
/// DataError listing the splits that exist if there is no such split.
std::vector<std::string> shard_files(const std::string& folder, const std::string& split);

/// The files and folders that a pattern with `*`, `?` or `[…]` matches, sorted; there may be none.
std::vector<std::string> glob_files(const std::string& pattern);
/// The same. Throws IoError if there is none.
std::vector<std::string> matching_files(const std::string& pattern);

} // namespace tacit::shards
