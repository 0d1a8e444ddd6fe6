// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "pipeline/shards/import/archive/archive_samples.hpp"
#include "pipeline/shards/import/import.hpp"

#include <string>
#include <vector>

namespace tacit::shards {

struct ArchiveSplits {
    std::vector<std::string> splits; ///< of each archive; "": it is left out
    bool open = false;               ///< nothing tells of splits: all are of split train
};

/// The splits of archives, as options.split_folders or their names say; `below`: their paths below the source, {""}
/// where it is one itself. Throws ConfigError where some names say one and others do not, and for paths that are told
/// and not there.
ArchiveSplits splits_of_archives(const ImportOptions& options, const std::vector<std::string>& below,
                                 LeftOutList& left_out);

/// Where the folders of one level, of all images, are named like splits: puts the samples into these and returns a note
/// of it; else "". Throws ConfigError where some are named so.
std::string split_by_folders(const std::string& source, std::vector<ArchiveSample>& samples);

} // namespace tacit::shards
