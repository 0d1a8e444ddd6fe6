// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
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
    /// When its content last changed, as of opening it; nanoseconds since 1970.
    std::int64_t modified() const { return modified_; }
    /// Reads exactly `bytes` at `offset`. Throws IoError, or DataError if the file ends before.
    void read(std::uint64_t offset, void* to, std::size_t bytes) const;
    /// From now on reads come from `copy`, a file of equal bytes; after one that fails there, from the file itself
    /// again, with a warning. Once only; other threads may be reading. Throws IoError, DataError if the copy has
    /// another size.
    void read_from(const std::string& copy);
    bool reads_copy() const { return reads_copy_.load(std::memory_order_acquire); }

  private:
    bool read_copy(std::uint64_t offset, char* out, std::size_t bytes) const;

    std::string path_;
    int descriptor_ = -1;
    std::uint64_t size_ = 0;
    std::int64_t modified_ = 0;
    std::string copy_path_;
    int copy_ = -1;
    mutable std::atomic<bool> reads_copy_{false}; ///< publishes the two above
};

/// The whole file into `out` (capacity is reused). Throws IoError; DataError above `limit` bytes.
void read_whole(const std::string& path, std::vector<std::uint8_t>& out, std::uint64_t limit);

} // namespace tacit::shards
