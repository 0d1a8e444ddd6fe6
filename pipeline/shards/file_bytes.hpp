// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace tacit::shards {

/// A file open for positioned reads from many threads. Move-only.
class FileBytes {
  public:
    /// Throws IoError.
    explicit FileBytes(const std::string& path);
    ~FileBytes();
    FileBytes(FileBytes&& other) noexcept;
    FileBytes& operator=(FileBytes&& other) noexcept;

    const std::string& path() const { return path_; }
    std::uint64_t size() const { return size_; }
    /// Reads exactly `bytes` at `offset`. Throws IoError, or DataError if the file ends before.
    void read(std::uint64_t offset, void* to, std::size_t bytes) const;

  private:
    std::string path_;
    int descriptor_ = -1;
    std::uint64_t size_ = 0;
};

/// The whole file into `out` (capacity is reused). Throws IoError; DataError above `limit` bytes.
void read_whole(const std::string& path, std::vector<std::uint8_t>& out, std::uint64_t limit);

} // namespace tacit::shards
