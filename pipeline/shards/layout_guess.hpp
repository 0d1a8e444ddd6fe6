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

/// Looks for images and labels in an HDF5 file: by the names of public data sets (see guess_names()), else the largest
/// data set that can be images; labels in the file, in a file beside it (…_x.h5 and …_y.h5) or in a .csv beside it;
/// other splits in files whose names differ in the split alone. Each guess is tried before it is made. Throws nothing
/// for a file that holds no images; IoError, DataError if it cannot be opened.
LayoutGuess guess_layout(const std::string& path);

/// The same for a folder of `<split>-*.h5` files.
LayoutGuess guess_folder(const std::string& folder);

/// Names in `made`, by their usual names, the splits to train and to evaluate on; `made.splits` are not empty.
void choose_splits(LayoutGuess& made);

} // namespace tacit::shards
