// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "pipeline/shards/data_spec.hpp"

#include <string>
#include <vector>

namespace tacit::shards {

/// A split that a `data` section can name, in one line.
struct FoundSplit {
    std::string name;
    std::string text;
};

/// What a `data` section must say to read a file, as far as its names and shapes tell.
struct LayoutGuess {
    DataSpec spec;                  ///< what the reader would guess by itself stays empty, but for the axes
    std::vector<FoundSplit> splits; ///< empty: no images were found
    std::string train;
    std::string test;               ///< empty: there is none
    std::vector<std::string> notes; ///< what was assumed, and what else there is
    std::string reason;             ///< why nothing can be read
};

/// How read_foreign() reads an HDF5 file, and what else there is: other splits in files whose names differ in the split
/// alone; where a file is one image, those whose names differ in numbers alone.
/// Throws nothing for a file that holds no images; IoError, DataError if it cannot be opened.
LayoutGuess guess_layout(const std::string& path);

/// The same for a folder of files, which are splits if their names say so (shard_files.hpp).
LayoutGuess guess_folder(const std::string& folder);

} // namespace tacit::shards
