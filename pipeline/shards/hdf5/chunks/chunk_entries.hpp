// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "pipeline/shards/hdf5/chunks/chunk_walks.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <vector>

namespace tacit::shards::h5 {

/// What fixed and extensible arrays of chunks share (HDF5 File Format Specification, VII). All throws DataError with
/// the reason alone.
inline constexpr std::uint64_t kBlockPrefix = 14; ///< signature, version, client, address of the header
inline constexpr std::uint64_t kChecksumBytes = 4;
inline constexpr std::uint64_t kMaxEntries = std::uint64_t{1} << 32; ///< of a page

[[noreturn]] void damaged_chunk_index();
/// The prefix of a block of the array with that header.
void expect_block(MetadataBlock& block, const char* signature, std::uint64_t header);
std::vector<std::uint8_t> take_bytes(MetadataBlock& block, std::uint64_t bytes);
/// Bit `place` of a bitmap, the highest of a byte first.
bool bit_of(const std::vector<std::uint8_t>& bits, std::uint64_t place);

/// Entries that stand together in a file, the last ones that were read. An entry is an address and, where there are
/// filters, length and mask.
class ChunkEntries {
  public:
    ChunkEntries(const ChunkWalk& walk, std::uint64_t entry_bytes, bool filtered);

    std::uint64_t entry_bytes() const { return entry_bytes_; }
    /// Makes `count` entries at `address` the current ones, behind `prefix` bytes that `check` looks at; a checksum
    /// follows them. Nothing is read if they are current already.
    void load(std::uint64_t address, std::uint64_t prefix, std::uint64_t count,
              const std::function<void(MetadataBlock&)>& check);
    /// Reports chunk `number` as entry `place` of the current ones says, or as `entry` says.
    void put(std::size_t number, std::uint64_t place) const;
    void put(std::size_t number, const std::uint8_t* entry) const;

  private:
    const ChunkWalk& walk_;
    std::uint64_t entry_bytes_;
    bool filtered_;
    std::uint64_t address_ = kUndefinedAddress;
    std::vector<std::uint8_t> bytes_;
};

} // namespace tacit::shards::h5
