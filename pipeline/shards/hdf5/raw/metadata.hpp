// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "pipeline/shards/hdf5/handle.hpp"
#include "pipeline/shards/read/file_bytes.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace tacit::shards::h5 {

/// libhdf5's checksum of metadata (lookup3 of Bob Jenkins with start value 0; HDF5 File Format Specification,
/// "Checksum").
std::uint32_t metadata_checksum(const std::uint8_t* data, std::size_t bytes);

/// Bytes of a structure of libhdf5's, read from front to end. Everything throws DataError with the reason alone.
class MetadataBlock {
  public:
    explicit MetadataBlock(std::vector<std::uint8_t> bytes) : bytes_(std::move(bytes)) {}

    std::size_t left() const { return bytes_.size() - at_; }
    std::size_t place() const { return at_; }
    /// Little-endian number of `bytes` bytes, at most 8.
    std::uint64_t number(std::size_t bytes);
    std::uint8_t u8() { return static_cast<std::uint8_t>(number(1)); }
    std::uint16_t u16() { return static_cast<std::uint16_t>(number(2)); }
    std::uint32_t u32() { return static_cast<std::uint32_t>(number(4)); }
    std::uint64_t u64() { return number(8); }
    void skip(std::size_t bytes);
    const std::uint8_t* take(std::size_t bytes);
    /// The next bytes must be `text`.
    void expect(std::string_view text);
    /// The checksum of all that was read must follow.
    void expect_checksum();

  private:
    std::vector<std::uint8_t> bytes_;
    std::size_t at_ = 0;
};

/// The metadata of one file whose addresses and lengths take 8 bytes.
class MetadataFile {
  public:
    /// `base`: byte of the file from which addresses count (the length of its user block).
    MetadataFile(const FileBytes& file, std::uint64_t base) : file_(file), base_(base) {}
    /// Checked against the file before memory is taken. Throws DataError with the reason alone.
    MetadataBlock read(std::uint64_t address, std::uint64_t bytes) const;
    /// As read(), but what the file still has where that is less.
    MetadataBlock read_up_to(std::uint64_t address, std::uint64_t bytes) const;
    std::uint64_t base() const { return base_; }

  private:
    const FileBytes& file_;
    std::uint64_t base_;
};

/// Byte of the file from which the addresses of an object's file count, if addresses and lengths take 8 bytes there.
std::optional<std::uint64_t> base_address(hid_t object);

} // namespace tacit::shards::h5
