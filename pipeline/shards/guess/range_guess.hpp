// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "pipeline/shards/dataset.hpp"
#include "pipeline/shards/read/image_part.hpp"

#include <string>
#include <vector>

namespace tacit::shards {

/// Which stored numbers mean black and white, as far as some images tell.
struct RangeGuess {
    std::vector<double> range; ///< [low, high]; empty: the type's own range will do
    std::string origin;        ///< what it was taken from
};

/// For floating-point numbers: attribute `max` of the file or of the images (fastMRI), else what the values of some
/// images suggest: [0, 1], [-1, 1], or what they span. For 16-bit numbers that use few of their bits: the bits in use
/// (12-bit sensors), or, where signed, what they span. For u8 that use five bits at most (masks): the
/// bits in use. Throws DataError.
RangeGuess guess_range(const Dataset& dataset, const FileIndex& file);

/// Warns where guess_range() has another range than 0 to 255 for images of u8 of which nobody said one.
void warn_of_range(const DatasetIndex& index);

} // namespace tacit::shards
