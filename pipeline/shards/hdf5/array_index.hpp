// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "pipeline/shards/hdf5/handle.hpp"
#include "pipeline/shards/stored_array.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace tacit::shards::h5 {

/// How the elements of an open data set of numbers (or of opaque or variable-length elements, whose `element_bytes` are
/// taken as they are) lie in its file: layout, filters and every chunk. Sizes and addresses are checked against the
/// file. Virtual data sets come out as Layout::library. Throws DataError "<path>: <name>: …".
StoredArray index_array(hid_t dataset, const std::string& path, const std::string& name, std::uint64_t file_bytes);

/// The element type of numbers that Tacit reads; nullopt for others. h5py's bool counts as u8.
std::optional<Element> element_of(hid_t type);

} // namespace tacit::shards::h5
