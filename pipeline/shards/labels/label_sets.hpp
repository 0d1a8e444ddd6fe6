// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "pipeline/shards/labels/labels.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace tacit::shards {

/// Values of data.labels that names tell of for the object `images` in the file at `path`, likeliest first: `usual`
/// ones of the file, data sets with names for labels beside the images, at the root and in them, then those of files
/// of labels beside the file. Throws IoError, DataError if the file cannot be opened.
std::vector<std::string> label_places(const std::string& path, const std::string& images,
                                      const std::vector<std::string>& usual);

/// The value of data.labels for files whose names differ in the split, made of one file's.
std::string label_pattern(const std::string& path, const std::string& key);

/// The folder of a path, with the slash behind it; "" where there is none.
std::string folder_of(const std::string& path);

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
