// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "pipeline/shards/import/folder/scan.hpp"

#include <string>
#include <vector>

namespace tacit::shards {

/// A folder whose images are of one split and class.
struct FolderGroup {
    std::string split;              ///< "": folders tell of no splits
    std::string name;               ///< of the class; "": none
    const Folder* folder = nullptr; ///< in the tree that was read
    bool below = true;              ///< whether the images of the folders below belong to it too
};

/// What the folders of a tree mean.
struct FolderReading {
    std::vector<FolderGroup> groups; ///< split by split; images without a class, then classes by name
    std::vector<std::string> notes;  ///< how names were understood where they could mean something else; one line each
    LeftOutList left_out;
};

/// Which folders of a tree are splits, which are classes, and which mean nothing. Folders that are alone on their level
/// mean nothing, nor do those that every class repeats. Folders side by side are splits if all names say so
/// (split_word()); else classes, of which there are at least two. Class folders may also hold the splits
/// (cat/train/…). `splits`: {} or "auto" as above; "none": no folder is a split; "SPLIT=FOLDER", …: these are, and
/// others are left out. Throws ConfigError, naming the options that decide, where names allow two readings.
FolderReading read_folders(const Folder& root, const std::string& source, const std::vector<std::string>& splits);

} // namespace tacit::shards
