// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "pipeline/shards/dataset.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace tacit::eval {

/// A class for a reader: its name where the data set names it, else "class 7".
std::string class_text(const shards::DatasetInfo& info, std::int64_t label);

/// "cat (12), dog (3) and 2 more": classes `which` with their `sizes`, the first few of them.
std::string class_list(const shards::DatasetInfo& info, const std::vector<std::int64_t>& which,
                       const std::vector<std::int64_t>& sizes);

/// Sentences on what a judgement by these labels leaves out: test images without a label, and test images of classes
/// that the training split lacks, which no classifier can get right. Empty where nothing is left out. Throws DataError
/// naming the split and what to do where nothing can be judged: no labels, a single class, no class in common.
std::vector<std::string> label_notes(const shards::Dataset& train, const shards::Dataset& test);

} // namespace tacit::eval
