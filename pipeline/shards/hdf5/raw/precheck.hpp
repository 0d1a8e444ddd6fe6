// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "pipeline/shards/hdf5/handle.hpp"
#include "pipeline/shards/read/file_bytes.hpp"

#include <optional>
#include <string>

namespace tacit::shards::h5 {

/// Byte of the superblock: 0, 512, 1024, 2048 and so on; nullopt: there is none.
std::optional<std::uint64_t> superblock_of(const FileBytes& file);

/// Refuses superblocks whose driver information claims more than it may: libhdf5 1.10 takes memory for it unseen.
/// Also refuses files that end before their superblock says. The superblock's version; nullopt: there is none, it is no
/// HDF5. Throws DataError with the reason alone.
std::optional<int> check_superblock(const FileBytes& file);

/// Refuses `name` of `group` before it is opened, if it is a group whose names claim more memory than there is, or a
/// virtual data set whose mappings stand in a heap that libhdf5 1.10 does not come back from (read_heap_object()), or
/// would make it write beyond the end of memory (check_mappings()). Shows libhdf5 what it knows in place of a newer
/// layout (show_older_layout()), so everything is to be looked at by this before it is opened.
/// Throws DataError with the reason alone.
void check_object(hid_t group, const std::string& name, const FileBytes& file);

/// Opens `name` of `group` after check_object(). Throws DataError "<where>: …".
Handle open_object(hid_t group, const std::string& name, const FileBytes& file, const std::string& where);

/// Whether check_object() has nothing against it.
bool may_be_opened(hid_t group, const std::string& name);

/// Refuses types that libhdf5 1.10 reads past the end of memory, or takes any amount of it for: numbers of more bits
/// than their bytes have, or more bytes than numbers take, and tables with a field outside of their rows. Throws
/// DataError "<where>: …".
void check_type(hid_t type, const std::string& where);

/// Refuses data sets of variable-length texts that refer to such a heap, before they are read. Throws
/// DataError "<path>: <name>: …".
void check_text_heap(hid_t dataset);

} // namespace tacit::shards::h5
