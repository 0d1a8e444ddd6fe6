// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "pipeline/shards/read/file_bytes.hpp"

#include <cstdint>
#include <optional>
#include <stop_token>
#include <string>

namespace tacit::shards {

/// The copy of one file in a staging folder: `<name>-<key>.h5`, and beside it `….check` with its size, CRC-32C, and the
/// start of the machine since which it is known to be equal.
class StagedCopy {
  public:
    enum class State {
        missing,
        unverified, ///< whole when it was made; the machine was started since, or its check is from elsewhere
        verified
    };

    /// `source` must outlive the object. `folder` need not exist.
    StagedCopy(const FileBytes& source, const std::string& folder);

    const std::string& path() const { return path_; }
    const FileBytes& source() const { return *source_; }
    State state() const;
    /// Reads the copy and compares it with its check. Returns whether they agree; false too when stopped. Only under
    /// the lock of the folder. Throws IoError.
    bool verify(const std::stop_token& stop) const;
    /// Removes an old copy, and what a process that was killed has left of one. Only under the lock. Throws IoError.
    void clear() const;
    /// Clears, and writes the copy anew. Returns false when stopped. Only under the lock. Throws IoError, and DataError
    /// when the copy reads back otherwise or the source changes meanwhile; no file is left then.
    bool make(const std::stop_token& stop) const;

  private:
    struct Check {
        std::uint64_t size = 0;
        std::uint32_t crc = 0;
        std::string boot;
    };
    std::string check_path() const { return path_ + ".check"; }
    std::optional<Check> read_check() const;
    void write_check(std::uint32_t crc) const;
    void remove_leftovers() const;

    const FileBytes* source_;
    std::string path_;
};

/// 16 hex digits of path, size and time of a file.
std::string staging_key(const FileBytes& file);

} // namespace tacit::shards
