// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "pipeline/shards/read/file_bytes.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace tacit::shards {

/// Where one regular file lies in a tar archive.
struct TarMember {
    std::string name;
    std::uint64_t offset = 0;
    std::uint64_t bytes = 0;
};

/// Every regular file of an uncompressed tar archive in its order: ustar, GNU long names and base-256 sizes, pax paths
/// and sizes (POSIX.1-2017, "pax Interchange Format"). Reads headers only. Throws DataError naming the archive and the
/// byte where a header is damaged (its checksum differs), the archive ends within a file, or is compressed. `special`
/// gets the names of links, devices and the like.
std::vector<TarMember> index_tar(const FileBytes& file, std::vector<std::string>* special = nullptr);

} // namespace tacit::shards
