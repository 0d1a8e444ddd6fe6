// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "pipeline/shards/import/folder/scan.hpp"

#include <string>
#include <vector>

namespace tacit::shards {

/// Takes out of the tree what goes with images and is none by its name (named_content(), masked_stem()): folders of
/// masks beside folders of images, and files whose names are those of an image beside them and a word for masks. They
/// are counted in the tree's `left_out`. `splits`: of ImportOptions; "none": nothing is taken out, nor are folders that
/// are named. Throws ConfigError where folders beside them leave open what is meant.
void leave_out_masks(FolderTree& tree, const std::string& source, const std::vector<std::string>& splits);

/// The same for paths of images in archives, "train.tar/masks/0.png", which are told apart by these: an archive counts
/// as a folder. Returns those that are taken out, sorted.
std::vector<std::string> masks_in_archives(std::vector<std::string> paths, const std::string& source,
                                           const std::vector<std::string>& splits, LeftOutList& left_out);

} // namespace tacit::shards
