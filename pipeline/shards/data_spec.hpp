// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace tacit::shards {

/// A split that gets a share of the images, drawn by a key.
struct SplitShare {
    std::string split;
    double share = 0; ///< (0, 1]
    bool operator==(const SplitShare&) const = default;
};

/// Where images and labels are, as far as the user says it; what is empty is guessed from usual names and shapes.
/// `{split}` in path, images and labels stands for the split's name.
struct DataSpec {
    std::string path;          ///< a folder of `<split>-*.h5` files, an HDF5 file, or several: `part-*.h5`
    std::string images;        ///< data set, group with one data set an image, or GROUP/*/DATASET: one in each group
    std::string labels;        ///< data set; GROUP/*/DATASET; FILE:DATASET; FILE.csv:COLUMN; @ATTRIBUTE; group; or none
    std::string axes;          ///< see Axes, for example NCHW; without N: one image a file
    std::vector<double> range; ///< [low, high] of the stored numbers: black and white
    std::vector<std::string> roots; ///< folders that links out of the file may lead into
    std::string split_by;           ///< what names each image's split; written as labels are. Empty: see split_shares
    /// The images of stored_split() are shared out among all of these (split_choice.hpp).
    /// Empty: files and data sets are named after their splits.
    std::vector<SplitShare> split_shares;
    std::uint64_t split_seed = 1;
    bool index_cache = true; ///< whether an index that took long is kept beside its file (index_cache.hpp)
};

/// The split of files and data sets whose names say none.
inline constexpr const char* kUnnamedSplit = "train";

/// `text` with `{split}` replaced.
std::string with_split(std::string text, const std::string& split);
/// Whether `{split}` is in it.
bool names_split(const std::string& text);

} // namespace tacit::shards
