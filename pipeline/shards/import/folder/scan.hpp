// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "pipeline/shards/images/formats.hpp"
#include "pipeline/shards/import/image_source.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace tacit::shards {

/// A folder that holds images, itself or below. Names are bytes as the file system has them, sorted.
struct Folder {
    std::string name;
    std::string path; ///< below the tree's root: "train/cat"; "" for the root
    std::vector<std::string> images;
    std::vector<std::string> tables; ///< paths of .csv, .tsv and .txt files in it and in folders without images
    std::vector<Folder> folders;     ///< those that hold images
    std::int64_t images_below = 0;   ///< in it and in those below
};

/// A tree as it lies on the disk, whatever it means.
struct FolderTree {
    Folder root;
    LeftOutList left_out;
};

inline constexpr const char* kNoImages = "files that are no images by their extension";

/// Reads a tree. At every level alike: names that begin with a dot and folders that a system makes (__MACOSX, @eaDir,
/// lost+found, $RECYCLE.BIN) are not looked into; links to files and folders are followed, but not to a folder that is
/// read anyway, and not those that lead nowhere; a file is an image by its extension. What is not read is in
/// `left_out`, but for tables. Throws std::filesystem::filesystem_error where a folder cannot be
/// listed. Other files than images are sought by `wanted`, and those that it refuses are called `others`.
FolderTree scan_folder(const std::string& path, bool (*wanted)(const std::string& name) = has_image_extension,
                       const char* others = kNoImages);

/// Paths of the images in a folder and, if `below`, in those below it, sorted.
std::vector<std::string> image_paths(const Folder& folder, bool below = true);

/// The tables in a folder and below; `scoped`: each for the images in its folder and below.
std::vector<SourceTable> tables_in(const Folder& folder, bool scoped);

/// Whether a file or folder of this name is never looked at.
bool is_hidden_name(const std::string& name);

} // namespace tacit::shards
