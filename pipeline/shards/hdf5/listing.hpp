// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "pipeline/shards/hdf5/image_parts.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace tacit::shards::h5 {

/// A data set as a guess sees it.
struct ListedSet {
    std::string name; ///< with its groups: "a/b"
    std::vector<hsize_t> shape;
    Shape kind = Shape::other;
    std::optional<Element> element; ///< of numbers that Tacit reads
    bool text = false;              ///< of texts
    bool whole = false;             ///< of whole numbers
    bool table = false;             ///< of records with fields
    bool byte_list = false;         ///< opaque, or bytes in one dimension: what an encoded image alone looks like
    std::string lone = {};          ///< axes of pixels that look like one image; empty: they do not
    double bytes = 0;               ///< of all elements, unfiltered
};

/// Whether a data set is an array, or a list of bytes that is long enough for an image file. A group without any
/// (versions, means) holds no images.
bool may_be_image(const std::vector<hsize_t>& shape);

/// The data sets of a file that hard links lead to, groups in the order of their names. Bounded in depth and number;
/// what is damaged is left out.
std::vector<ListedSet> list_datasets(hid_t file);

/// Data sets and groups among them that may be images whatever their names, the likeliest first, sixteen at most:
/// sample_groups(), whose members are no images of their own, groups of one encoded image a data set, then arrays,
/// groups of pixels and encoded images by size, those with names for something else last.
std::vector<std::string> image_candidates(const std::vector<ListedSet>& sets);

} // namespace tacit::shards::h5
