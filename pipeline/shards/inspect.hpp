// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

namespace tacit::shards {

/// What `tacit data inspect` prints of a file or folder.
struct Inspection {
    std::vector<std::string> lines; ///< the tree: groups, data sets with shape, type and storage, attributes
    std::string guess;              ///< which data sets are the images and labels, or why none can be read
    std::string data_section;       ///< YAML that reads them; empty if Tacit cannot
};

/// Describes any HDF5 file, or the first shard of every split of a folder. Bounded in depth and number of
/// objects; a damaged object becomes a line that says so. Throws IoError or DataError only when nothing can
/// be opened at all.
Inspection inspect(const std::string& path);

} // namespace tacit::shards
