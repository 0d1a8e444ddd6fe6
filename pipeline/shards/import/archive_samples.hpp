// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "pipeline/shards/import/left_out.hpp"
#include "pipeline/shards/import/tar_index.hpp"

#include <string>
#include <vector>

namespace tacit::shards {

/// An image of a tar archive and the text that says its class.
struct ArchiveSample {
    TarMember image;
    std::string label; ///< of KEY.cls without spaces around it, else of KEY.json; "": there is none
};

/// The images of one archive in its order, each with the label of the same key, wherever that stands. A key ends at
/// the first dot of the last name, as WebDataset has it, or with `last_dot` at the last one. What is no image, no label
/// or a label without an image is added to `left_out`, but for image files with more dots in their names, whose paths
/// go to `dotted`. Throws DataError naming the archive where files of one key
/// contradict each other, and as index_tar() does.
std::vector<ArchiveSample> samples_of(const FileBytes& archive, bool last_dot, LeftOutList& left_out,
                                      std::vector<std::string>& dotted);

/// Counts a file whose key ends before the extension.
void leave_out_dotted(const std::string& shown, LeftOutList& left_out);

} // namespace tacit::shards
