// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "pipeline/shards/index/foreign_images.hpp"

#include <cstdint>
#include <string>

namespace tacit::shards {

// Which split each image of one file belongs to.

/// What data.split_by says: as named_labels(), a split's name for each image; or a data set for each split, in whose
/// name `{split}` stands for the split, that lists numbers of images from 0 (-1: the image is in none). Only splits
/// with images are named. Throws as named_labels() does; DataError for a list with other numbers, or one of another
/// list.
Labels splits_of_images(const std::string& path, const DataSpec& spec, const std::string& split, FileIndex& index,
                        const ForeignImages& images);

/// What to say of data sets beside `count` images that list those of splits by number, by their names (train_idx,
/// test_indices); "": there are none.
std::string unread_lists(const ForeignImages& images, std::int64_t count);

} // namespace tacit::shards
