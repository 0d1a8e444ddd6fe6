// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>

namespace tacit::shards::h5 {

/// A data set that only libhdf5 can read. Opened by the first read and kept open; every read holds the library's
/// global lock.
class LibraryArray {
  public:
    LibraryArray(std::string path, std::string dataset);
    ~LibraryArray();
    LibraryArray(LibraryArray&&) noexcept;
    LibraryArray& operator=(LibraryArray&&) noexcept;
    /// The box of `count` elements from `start`, dense, in this machine's byte order. Throws DataError with the reason
    /// alone; `bytes` is what the box must take.
    void read(std::span<const std::uint64_t> start, std::span<const std::uint64_t> count, std::uint8_t* out,
              std::uint64_t bytes) const;

  private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

} // namespace tacit::shards::h5
