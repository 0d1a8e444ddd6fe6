// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "pipeline/shards/hdf5/handle.hpp"

#include <cstdint>
#include <span>
#include <string>
#include <utility>

namespace tacit::shards::h5 {

/// A data set that only libhdf5 can read. Opened by the first read and kept open; every read holds the library's
/// global lock.
class LibraryArray {
  public:
    LibraryArray(std::string path, std::string name) : path_(std::move(path)), name_(std::move(name)) {}
    ~LibraryArray();
    /// The box of `count` elements from `start`, dense, in this machine's byte order. Throws DataError with the reason
    /// alone; `bytes` is what the box must take.
    void read(std::span<const std::uint64_t> start, std::span<const std::uint64_t> count, std::uint8_t* out,
              std::uint64_t bytes) const;

  private:
    void open() const;

    std::string path_;
    std::string name_;
    mutable Handle file_;
    mutable Handle dataset_;
    mutable Handle type_; ///< of the elements in memory
};

} // namespace tacit::shards::h5
