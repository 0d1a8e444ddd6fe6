// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "pipeline/shards/hdf5/handle.hpp"
#include "pipeline/shards/hdf5/raw/object_header.hpp"
#include "pipeline/shards/read/file_bytes.hpp"

namespace tacit::shards::h5 {

/// HDF5 2.0 writes filtered chunks with a layout message of version 5 (libver='latest'), which earlier libraries
/// refuse. It says what version 4 says; the entries of its chunk index alone are wider. So libhdf5 is shown version 4,
/// and an index that it cannot find: it tells type, shape and filters of such a data set, and cannot read it wrongly.
/// The index is walked by list_chunks(), which reads the file as it is.
inline constexpr std::uint8_t kNewerLayout = 5;

/// Lets open files with this access list show what show_older_layout() says. To be used for files whose superblock is
/// of version 3 or later: others hold no newer layouts.
void use_older_view(hid_t access_list);

/// Shows the layout message `message` of a file with that access list as one of version 4. The header
/// must not have been read by libhdf5 yet.
void show_older_layout(hid_t object, const MetadataFile& file, const Message& message);

/// Throws DataError "<where>: …" if libhdf5 is to read a data set of `file` for `cause`, and is shown an older layout.
void require_known_layout(hid_t dataset, const FileBytes& file, const std::string& where, const std::string& cause);

} // namespace tacit::shards::h5
