// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "pipeline/shards/import/archive/archive_samples.hpp"

#include <string>
#include <vector>

namespace tacit::shards {

/// The text that says each sample's class: as `labels` (--labels) chooses one of kArchiveLabels, else the first of them
/// that it has, all of one kind where kinds have other names for the same classes. Throws DataError with the options
/// that choose where two kinds tell other classes, or name them otherwise and neither says all; `files`: of the
/// archives. Throws ConfigError for `labels` that are no kind of archives', no table and not none.
std::vector<std::string> archive_labels(const std::string& labels, const std::vector<std::string>& files,
                                        const std::vector<ArchiveSample>& samples);

} // namespace tacit::shards
