// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "pipeline/shards/import/arrays/array_source.hpp"
#include "pipeline/shards/import/arrays/npy_array.hpp"

#include <memory>
#include <string>
#include <vector>

namespace tacit::shards {

/// Axes of an array, one letter each, e.g. "NHWC"; without N it is one image. Throws ConfigError unless `axes` is empty
/// or holds H and W, and N and C at most, once each.
void check_axes(const std::string& axes);

/// Makes images and labels of arrays by their names: role_of_name(), and a word that names a split (train, val, test;
/// else train). Other arrays are passed over; a single array of images needs no name. Several arrays of images of one
/// split, whose names differ in numbers alone, are joined in the order of these. `options.axes`: "" for what
/// guess_axes() says. Classes (ArrayRole::classes) that are numbers are the labels where nothing else is. Labels that
/// are no classes are left out with a warning. Throws DataError naming the array where a meaning is open or a type is
/// not u1, u2, i2, f2, f4 or f8.
std::unique_ptr<ArraySource> source_of_arrays(const std::string& kind, const std::vector<NpyArray>& arrays,
                                              const ImportOptions& options);

} // namespace tacit::shards
