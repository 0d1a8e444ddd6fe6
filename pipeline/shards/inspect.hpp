// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

namespace tacit::shards {

/// What `tacit data inspect` prints of a file or folder.
struct Inspection {
    std::vector<std::string> lines; ///< the tree: groups, data sets with shape, type and storage, attributes
    std::string guess;              ///< which data sets are the images and labels, or why none can be read
    std::vector<std::string> notes; ///< what was assumed, and what else there is
    std::string data_section;       ///< YAML that reads them; empty if Tacit cannot
    std::vector<std::string> files; ///< of the splits that are found
    bool readable = false;          ///< as HDF5 by that section, or by an import
    std::vector<std::string> cost;  ///< what reading costs, measured; what is read by libhdf5 under its lock
};

struct InspectOptions {
    double seconds = 1; ///< that reading images may take to measure its cost; 0: nothing is measured
};

/// Describes any HDF5 file, or the first shard of every split of a folder; of other images, how to import them.
/// Throws IoError or DataError only when nothing can be opened at all.
Inspection inspect(const std::string& path, const InspectOptions& options = {});

/// Adds the tree of an HDF5 file: groups, data sets with shape, type and storage, attributes. Bounded in depth and
/// number of objects; a damaged object becomes a line that says so. Throws IoError, DataError if the file cannot be
/// opened.
void describe_file(const std::string& path, std::vector<std::string>& lines);

} // namespace tacit::shards
