// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <hdf5.h>

#include <string>

namespace tacit::shards::h5 {

/// Short descriptions for people; damaged objects are described as unreadable, nothing is thrown.

/// "uint8", "float32 big-endian", "text", "compound of 3 fields".
std::string type_text(hid_t type);
/// Of a compound type: "is a table with the fields 'image', 'label'; …" and what to do.
std::string table_text(hid_t type);
/// "contiguous", "chunks (32, 96, 96, 3), deflate".
std::string storage_text(hid_t dataset);
/// The first values, or how many of what type there are.
std::string attribute_value(hid_t object, const std::string& name);

} // namespace tacit::shards::h5
