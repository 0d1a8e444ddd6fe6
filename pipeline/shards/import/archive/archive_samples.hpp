// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "pipeline/shards/import/archive/tar_index.hpp"
#include "pipeline/shards/import/left_out.hpp"

#include <array>
#include <cstddef>
#include <string>
#include <vector>

namespace tacit::shards {

/// Where the class of an image may stand: in KEY.cls, or under `label` or `cls` in KEY.json.
inline constexpr std::array<const char*, 3> kArchiveLabels = {"cls", "json.label", "json.cls"};

/// An image of a tar archive and the texts that say its class.
struct ArchiveSample {
    TarMember image;
    std::array<std::string, kArchiveLabels.size()> labels; ///< without spaces around them; "": there is none
    std::size_t archive = 0;                               ///< for those who have several
    std::string split;                                     ///< likewise
};

/// The images of one archive in its order, each with the labels of the same key, wherever that stands. A key ends at
/// the first dot of the last name, as WebDataset has it, or with `last_dot` at the last one. What is no image, no label
/// or a label without an image is added to `left_out`, but for image files with more dots in their names, whose paths
/// go to `dotted`. Throws DataError naming the archive where files of one key
/// contradict each other, and as index_tar() does.
std::vector<ArchiveSample> samples_of(const FileBytes& archive, bool last_dot, LeftOutList& left_out,
                                      std::vector<std::string>& dotted);

/// Counts a file whose key ends before the extension.
void leave_out_dotted(const std::string& shown, LeftOutList& left_out);

} // namespace tacit::shards
