// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "pipeline/shards/import/array_source.hpp"
#include "pipeline/shards/import/npy_array.hpp"

#include <memory>
#include <string>
#include <vector>

namespace tacit::shards {

/// Axes of an array, one letter each, e.g. "NHWC". Throws ConfigError unless `axes` is empty or holds N, H and W, and C
/// at most, once each.
void check_axes(const std::string& axes);

enum class ArrayRole { images, labels, classes, other };

/// By a word of the name: x, image, images, img, imgs, data, features or arr for images; y, label, labels, target,
/// targets or cls for labels; class, classes, category or categories for names of classes.
ArrayRole role_of_name(const std::string& name);

/// Makes images and labels of arrays by their names: role_of_name(), and a word that names a split (train, val, test;
/// else train). Other arrays are passed over; a single array of images needs no name. Several arrays of images of one
/// split, whose names differ in numbers alone, are joined in the order of these. `options.axes`: "" for what
/// guess_axes() says. Labels that are no classes are left out with a warning. Throws DataError naming the array where a
/// meaning is open or a type is not u1, u2, i2, f2, f4 or f8.
std::unique_ptr<ArraySource> source_of_arrays(const std::string& kind, const std::vector<NpyArray>& arrays,
                                              const ImportOptions& options);

} // namespace tacit::shards
