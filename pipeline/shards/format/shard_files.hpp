// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

namespace tacit::shards {

/// "<folder>/<split>-00003.h5".
std::string shard_path(const std::string& folder, const std::string& split, int number);
/// Splits that a folder holds, sorted: names before "-….h5", or whole names of other .h5 files; where no name holds a
/// word for a split (split_word()) or is numbered as shards are, all files are of kUnnamedSplit. As all functions
/// that list a folder or pattern: throws DataError where files are masks of others by their names (masked_stem()).
std::vector<std::string> splits_in(const std::string& folder);
/// The files `<split>-*.h5`, or `<split>.h5`, of a folder, sorted. Throws IoError if there is no such folder,
/// DataError listing the splits that exist if there is no such split.
std::vector<std::string> shard_files(const std::string& folder, const std::string& split);

/// Whether the path is no file or folder, but may match some: it has `*`, `?` or `[…]` in it.
bool is_pattern(const std::string& path);
/// The files and folders that a pattern matches, sorted, whatever they are; there may be none.
std::vector<std::string> glob_files(const std::string& pattern);
/// The same. Throws IoError if there is none.
std::vector<std::string> matching_files(const std::string& pattern);
/// Of a pattern with `{split}` in it, the same for `split`, but those that match for a usual split of a longer name (or
/// one as long that is listed before): validation_0.h5 is not of split `val`. There may be none.
std::vector<std::string> files_of_split(const std::string& pattern, const std::string& split);

} // namespace tacit::shards
