// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "pipeline/shards/labels/labels.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace tacit::shards {

// Labels that content tells of, where names do not.

/// Names of the data sets in the file at `path` but for `images` that hold texts which repeat, one for each of `count`
/// images.
std::vector<std::string> repeated_texts(const std::string& path, const std::string& images, std::int64_t count);

/// Names of the data sets in the file at `path`, in, beside or above `images` and not of another split than `split`,
/// that may say of them what `labels` say: a row for each, a word for labels in the name, or texts, or a column for
/// each class.
std::vector<std::string> sets_beside_labels(const std::string& path, const std::string& split,
                                            const std::string& images, const Labels& labels);

/// Data sets in the file at `path` that by name, or as texts or whole numbers that repeat, and by content are labels
/// for `count` images too, in one line with their numbers of classes, and all of `lists`; those in `taken` are left
/// out. Empty: there are none.
std::string other_labels(const std::string& path, std::int64_t count, const std::vector<std::string>& taken,
                         const std::vector<std::string>& lists);

} // namespace tacit::shards
