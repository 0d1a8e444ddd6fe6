// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "pipeline/shards/hdf5/handle.hpp"
#include "pipeline/shards/read/file_bytes.hpp"
#include "pipeline/shards/read/stored_array.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace tacit::shards::h5 {

/// How the elements of an open data set of numbers (or of opaque or variable-length elements, whose `element_bytes` are
/// taken as they are) lie in `file`, its own: layout, filters and every chunk. Sizes and addresses are checked against
/// the file. Virtual data sets come out as Layout::library. Throws DataError "<path>: <name>: …".
StoredArray index_array(hid_t dataset, const FileBytes& file, const std::string& name);

/// The element type of numbers that Tacit reads; nullopt for others. h5py's bool counts as u8.
std::optional<Element> element_of(hid_t type);

/// Whether a type is h5py's bool: an enumeration of FALSE (0) and TRUE (1).
bool is_truth(hid_t type);

} // namespace tacit::shards::h5
