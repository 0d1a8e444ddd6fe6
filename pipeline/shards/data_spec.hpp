// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

namespace tacit::shards {

/// Where images and labels are, as far as the user says it; what is empty is guessed from usual names and shapes.
/// `{split}` in path, images and labels stands for the split's name.
struct DataSpec {
    std::string path;               ///< a folder of `<split>-*.h5` files, or one HDF5 file
    std::string images;             ///< data set, or group with one data set an image, for example data/images
    std::string labels;             ///< data set; FILE:DATASET; FILE.csv:COLUMN; @ATTRIBUTE; group; or none
    std::string axes;               ///< see Axes, for example NCHW
    std::vector<double> range;      ///< [low, high] of the stored numbers: black and white
    std::vector<std::string> roots; ///< folders that links out of the file may lead into
    bool index_cache = true;        ///< whether an index that took long is kept beside its file (index_cache.hpp)
};

/// `text` with `{split}` replaced.
std::string with_split(std::string text, const std::string& split);

} // namespace tacit::shards
