// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

namespace tacit::shards {

/// What tells whether a file is still the one that was read.
struct FileStamp {
    std::uint64_t bytes = 0;
    std::int64_t changed = 0; ///< nanoseconds since 1970
    std::string start;        ///< SHA-256 of the first 2 KiB, and of 2 KiB from the HDF5 superblock on, if it has one
    bool operator==(const FileStamp&) const = default;
};

/// Throws IoError.
FileStamp stamp_of(const std::string& path);

} // namespace tacit::shards
