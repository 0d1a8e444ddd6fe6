// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "pipeline/shards/read/file_bytes.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace tacit::shards {

/// Bytes that an array lies in: a file, or memory that a file was unpacked into. Thread-safe once made.
class ByteStore {
  public:
    explicit ByteStore(FileBytes file);
    /// `path`: where the bytes are from, for messages.
    ByteStore(std::string path, std::vector<std::uint8_t> bytes);

    const std::string& path() const { return path_; }
    std::uint64_t size() const;
    bool in_memory() const { return !file_; }
    /// Throws IoError, or DataError if the bytes end before.
    void read(std::uint64_t offset, void* to, std::size_t bytes) const;
    /// The same without a copy where the bytes lie in memory; else they are read into `scratch`.
    const std::uint8_t* view(std::uint64_t offset, std::size_t bytes, std::vector<std::uint8_t>& scratch) const;

  private:
    std::string path_;
    std::optional<FileBytes> file_;
    std::vector<std::uint8_t> memory_;
};

/// The whole store in memory; the store itself if it lies there already. Throws as read().
std::shared_ptr<const ByteStore> in_memory(std::shared_ptr<const ByteStore> store);

} // namespace tacit::shards
