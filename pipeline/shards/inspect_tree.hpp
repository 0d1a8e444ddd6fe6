// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

namespace tacit::shards {

/// Adds the tree of an HDF5 file: groups, data sets with shape, type and storage, attributes. Bounded in depth and
/// number of objects; a damaged object becomes a line that says so. Throws IoError, DataError if the file cannot be
/// opened.
void describe_file(const std::string& path, std::vector<std::string>& lines);

} // namespace tacit::shards
