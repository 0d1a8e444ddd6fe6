// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "pipeline/shards/import/byte_store.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace tacit::shards {

/// A file in a zip archive, whole and checked.
struct ZipMember {
    std::string name;
    std::shared_ptr<const ByteStore> store; ///< the archive itself, or what was unpacked from it
    std::uint64_t offset = 0;
    std::uint64_t bytes = 0;
};

/// Every member whose name ends with `suffix`, in the order of the central directory (APPNOTE.TXT 6.3.10; zip64 is
/// read). Deflated members are unpacked into memory, stored ones stay in the file; the CRC-32 of each is checked.
/// Throws IoError, or DataError naming the archive and the member.
std::vector<ZipMember> open_zip(const std::string& path, const std::string& suffix);

} // namespace tacit::shards
