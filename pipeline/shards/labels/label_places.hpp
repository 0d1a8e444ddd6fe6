// SPDX-License-Identifier: Apache-2.0
#pragma once

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

} // namespace tacit::shards
