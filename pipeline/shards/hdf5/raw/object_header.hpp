// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "pipeline/shards/hdf5/raw/metadata.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace tacit::shards::h5 {

inline constexpr std::uint16_t kLayoutMessage = 0x0008;

/// A message, and where it stands.
struct Message : MetadataBlock {
    std::uint64_t at = 0;    ///< of its first byte
    std::uint64_t block = 0; ///< of the piece of the header around it, whose checksum, if it has one, covers `bytes`
    std::uint64_t bytes = 0; ///< and follows them; 0: there is none
};

/// Byte, from the base of its file, of the object header of `name` as seen from `place` ("." is that itself). A hard
/// link tells it before libhdf5 reads the header. nullopt: there is no such object.
std::optional<std::uint64_t> header_address(hid_t place, const std::string& name = ".");

/// The first message of type `type` in the object header at `address` (HDF5 File Format Specification, IV.A).
/// nullopt if there is none, or the header is of a version not known here. Throws DataError with the reason alone.
std::optional<Message> find_message(const MetadataFile& file, std::uint64_t address, std::uint16_t type);

} // namespace tacit::shards::h5
