// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace tacit::models {

/// An open file whose every operation throws IoError with the path and the reason. Neither copied nor moved.
class FileHandle {
  public:
    static FileHandle open_to_read(const std::string& path);
    /// Creates the file or empties it.
    static FileHandle open_to_write(const std::string& path);
    ~FileHandle();
    FileHandle(const FileHandle&) = delete;
    FileHandle& operator=(const FileHandle&) = delete;

    std::uint64_t size() const;
    /// Exactly `bytes` from `offset`; DataError when the file ends before.
    void read_at(std::uint64_t offset, void* data, std::size_t bytes) const;
    void write(const void* data, std::size_t bytes);
    /// To the device, then closed; both may be where a full disk shows.
    void sync_and_close();

  private:
    FileHandle(std::string path, int flags, const char* purpose);
    [[noreturn]] void fail(const char* what) const;

    std::string path_;
    int descriptor_;
};

} // namespace tacit::models
