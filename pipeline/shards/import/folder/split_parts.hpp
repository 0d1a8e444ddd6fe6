// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "pipeline/shards/import/folder/reading.hpp"

#include <string>
#include <vector>

namespace tacit::shards {

/// A folder of one split, with what a folder above says of the class.
struct SplitPart {
    std::string split;
    const Folder* folder = nullptr;
    std::string named; ///< the folder whose name is that of the class; "": the folders below say it
};

/// Which folders of a tree are splits, as read_folders() has it; adds to `made` what is noted and left out.
std::vector<SplitPart> split_parts(const Folder& root, const std::string& source,
                                   const std::vector<std::string>& splits, FolderReading& made);

/// `folder`, or what is below it as long as that is one folder and no image. Stops above a lone folder named like a
/// split if `stop` says so.
const Folder& below_lone_folders(const Folder& folder, bool stop);

/// "train/cat/"; of several, the first few.
std::string shown(const Folder& folder);
std::string shown(const std::vector<const Folder*>& folders);

} // namespace tacit::shards
