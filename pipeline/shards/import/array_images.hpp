// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "pipeline/shards/import/arrays/array_source.hpp"
#include "pipeline/shards/import/arrays/npy_array.hpp"

#include <string>
#include <vector>

namespace tacit::shards {

/// The arrays of one split.
struct SplitArrays {
    std::vector<const NpyArray*> images;
    std::vector<const NpyArray*> labels;
    std::vector<const NpyArray*> classes; ///< numbers: labels where nothing else is
};

/// Whether an array's file holds it alone.
bool is_npy(const NpyArray& array);

/// What the arrays of images of `split` hold, in the order of the numbers in their names, which `arrays.images` are put
/// in: axes as `axes` says, else as shapes, numbers of labels and names tell. Throws DataError where these leave them
/// open, or for arrays that cannot all be the images of one split.
std::vector<StoredImages> images_of(const std::string& split, SplitArrays& arrays, const std::string& axes);

} // namespace tacit::shards
