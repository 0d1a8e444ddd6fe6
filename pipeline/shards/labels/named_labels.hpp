// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "pipeline/shards/index/foreign_images.hpp"

#include <string>

namespace tacit::shards {

/// What `text`, the value of config key `key`, says of each image of `index`, which lie in the file at `path`.
/// Throws NotLabels, DataError; ConfigError for `group` where there are none.
Labels named_labels(const char* key, const std::string& text, const std::string& path, const DataSpec& spec,
                    FileIndex& index, const ForeignImages& images);

/// The data set of labels `text`, DATASET or FILE:DATASET; FILE is beside the file of images at `path`, or, if the user
/// `said` it, an existing_file(). Throws as these and h5::locate() do.
h5::Located locate_labels(const std::string& text, const std::string& path, const h5::Roots& roots, bool said = false);

/// Whether the images of a group seem to have an attribute each (one of a few has it), or their data set, or the file,
/// one with a value for each of `count` images.
bool has_attribute_of_each(const ForeignImages& images, std::int64_t count, const std::string& attribute,
                           const h5::Roots& roots);

} // namespace tacit::shards
