// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "pipeline/shards/data_spec.hpp"
#include "pipeline/shards/read/image_part.hpp"

#include <chrono>
#include <string>

namespace tacit::shards {

/// Indexes that took longer than this are kept, if they list at least kKeptEntries chunks, images and labels together.
inline constexpr std::chrono::milliseconds kSlowIndex{50};
inline constexpr std::size_t kKeptEntries = 1000;

/// index_file(), out of the file that an earlier call left beside `path`, where that one still fits: it was made by
/// this version of the program, for this split and all of `spec` that says what the file holds (images, labels, axes,
/// range, roots); the file and every other one that indexing read (links, virtual data sets, labels) have the size and
/// the time of change, in nanoseconds, that they had, and the same first 2 KiB, and 2 KiB from the superblock on. What
/// does not fit, or is damaged, is written anew, whole or not at all. A folder that cannot be written is no error.
///
/// Kept are indexes that took longer than `slow`, of files that Tacit did not write and that nobody changed in the last
/// two seconds: a second change might leave the same time.
FileIndex cached_index(const std::string& path, const DataSpec& spec, const std::string& split,
                       std::chrono::nanoseconds slow = kSlowIndex);

/// Where cached_index() keeps the index: "<path>.<8 hex digits>.tacit-index".
std::string index_cache_path(const std::string& path, const DataSpec& spec, const std::string& split);

} // namespace tacit::shards
