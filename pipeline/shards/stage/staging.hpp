// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace tacit::shards {

class FileBytes;

struct StagingOptions {
    std::string folder; ///< on a disk of this node; made if it is not there
    /// Bytes that may still be written below the folder; default: what the file system says.
    std::function<std::uint64_t(const std::string& folder)> free_bytes;
};

/// What has come of a staging so far.
struct StagingReport {
    std::size_t files = 0;         ///< to be staged
    std::size_t staged = 0;        ///< read from their copies
    std::uint64_t copied = 0;      ///< bytes that this process copied
    std::uint64_t verified = 0;    ///< bytes of earlier copies that this process verified
    std::string problem;           ///< why no more will be staged; empty: nothing is wrong
    std::vector<std::string> left; ///< files that are read where they are
};

/// Copies files to a folder near by in a thread of its own, and lets reads go there file by file. Among the processes
/// of a node that stage the same files, the one that holds the lock in the folder copies; the others take over each
/// copy when it is there, and the work if that process ends. A copy gets its name only when it has been written,
/// synced, read back and found equal; its name tells path, size and time of its source. One that was there before is
/// read whole and compared with its checksum, once after each start of the machine. Where anything goes wrong, files
/// that are not staged yet stay where they are, with one warning.
class Staging {
  public:
    /// `files` must outlive the object. Problems are warned of, never thrown.
    Staging(std::vector<FileBytes*> files, StagingOptions options);
    /// Stops between two blocks of a copy, which is removed.
    ~Staging();
    Staging(const Staging&) = delete;
    Staging& operator=(const Staging&) = delete;

    /// Returns when every file is staged or no more will be.
    void wait();
    StagingReport report() const;

  private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

} // namespace tacit::shards
