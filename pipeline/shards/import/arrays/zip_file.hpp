// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "pipeline/shards/import/write/byte_store.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace tacit::shards {

/// What the central directory says about a member.
struct ZipEntry {
    std::string name;
    std::uint16_t flags = 0;
    std::uint16_t method = 0;
    std::uint32_t crc = 0;
    std::uint64_t packed = 0; ///< bytes in the archive
    std::uint64_t unpacked = 0;
    std::uint64_t header = 0; ///< where its local header is
};

/// A file in a zip archive, whole and checked.
struct ZipMember {
    std::string name;
    std::shared_ptr<const ByteStore> store; ///< the archive itself, or what was unpacked from it
    std::uint64_t offset = 0;
    std::uint64_t bytes = 0;
};

/// A zip archive (APPNOTE.TXT 6.3.10; zip64 is read). All throw IoError, or DataError naming archive and member.
class ZipFile {
  public:
    explicit ZipFile(const std::string& path);
    /// In the order of the central directory.
    std::vector<std::string> names() const;
    /// The member `number` of names(). A deflated one is unpacked into memory, a stored one stays in the file; its
    /// CRC-32 is checked.
    ZipMember open(std::size_t number) const;

  private:
    std::shared_ptr<const ByteStore> store_;
    std::vector<ZipEntry> entries_;
};

} // namespace tacit::shards
