// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "pipeline/shards/data_spec.hpp"
#include "pipeline/shards/hdf5/location.hpp"
#include "pipeline/shards/labels/labels.hpp"
#include "pipeline/shards/read/image_part.hpp"

#include <string>
#include <vector>

namespace tacit::shards {

/// What indexing the images leaves for the labels.
struct ForeignImages {
    h5::Located at;
    std::vector<std::string> names;    ///< one an image, of a group
    Labels groups;                     ///< the subgroup of each image
    bool one_each = false;             ///< GroupImages::one_each
    std::vector<std::string> lists;    ///< GroupImages::lists
    std::string order;                 ///< GroupImages::order
    std::string doubt;                 ///< why rows of a data set may be in another order than the images; empty: none
    std::vector<std::size_t> rows;     ///< rows[i]: the row, in data sets with one an image, of image i; empty: row i
    std::vector<std::string> left_out; ///< GroupImages::left_out
    bool truth = false;                ///< pixels are false (black) or true (white)
};

/// Adds the images of the object at `at` to `index`: parts, number, shape and element. `axes`: of Axes, for pixels;
/// without N one image, or each of a group (empty: guessed). `member`: of group_images(). Throws DataError.
ForeignImages add_images(h5::Located at, const std::string& axes, const h5::Roots& roots, FileIndex& index,
                         const std::string& member = "");

} // namespace tacit::shards
