// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "pipeline/shards/data_spec.hpp"
#include "pipeline/shards/read/image_part.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace tacit::shards {

/// Which images belong to `split` when all are shared out: 1 for each that does. Stratified: each class (those without
/// a label are one) is put in an order keyed by `seed` and the images' numbers, and cut at the rounded cumulated
/// shares. A pure function of the arguments, the same on every machine. Throws std::logic_error if `split` gets no
/// share.
std::vector<std::uint8_t> draw_split(const std::vector<std::int32_t>& labels, const std::vector<SplitShare>& shares,
                                     const std::string& split, std::uint64_t seed);

/// The split whose files and data sets hold the images of `split`: itself, unless splits are chosen image by image.
/// Those are chosen out of kUnnamedSplit or, if it gets no share, of the first that gets one and has files or data
/// sets.
std::string stored_split(const DataSpec& spec, const std::string& split);

/// Leaves in FileIndex::chosen the images of `files`, which hold those of stored_split(), that belong to `split`.
/// Throws DataError naming the file if it has no such split.
void choose_split(const DataSpec& spec, const std::string& split, std::vector<FileIndex>& files);

} // namespace tacit::shards
