// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "pipeline/shards/import/image_source.hpp"

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

namespace tacit::shards {

struct UnlabelledImage {
    std::size_t place = 0; ///< among all images of the source
    std::string split;
    std::string key; ///< path below the source
};

/// A table that holds names of images.
struct TableGuess {
    std::string path;
    std::string note;                                        ///< what was taken from it, or which option reads it
    std::vector<std::pair<std::size_t, std::string>> labels; ///< place of an image and its class; empty: none was taken
    LeftOutList left_out;                                    ///< its rows that say nothing of these images
};

/// Looks at `tables` (paths below `root`) for the labels of images in and below their folders. Taken is the one column
/// whose texts are all names of known `classes`, else the one with a usual name (label, class, …), else the only one
/// beside the names, if its texts repeat, else all others, if each row has a 1 in one of them and 0 in the rest
/// (classes are what the columns are called); never columns of splits, fractions and lists of numbers. A table that
/// fits images and cannot be taken is noted with the option that reads it.
std::vector<TableGuess> guess_tables(const std::string& root, const std::vector<SourceTable>& tables,
                                     const std::vector<UnlabelledImage>& images,
                                     const std::vector<std::string>& classes);

/// Notes on tables in the folder of `path`, beside images that have no `names` or lie in one archive: those that have a
/// row for each image, with the option that reads them.
std::vector<std::string> notes_of_tables_beside(const std::string& path, const SourceInfo& info,
                                                const std::vector<std::string>& names);

} // namespace tacit::shards
