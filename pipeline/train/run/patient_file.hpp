// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>

namespace tacit::train {

/// A file that records are appended to and that never ends a run. What it does not take now (a full disk, a folder that
/// is gone) waits in memory and is written with a later record, in order and whole: nothing is lost that fits into
/// kMostWaiting. Warns once an outage, and says at its end what waited or is lost. A file that is removed is begun
/// anew; one that is replaced by another's is left alone.
class PatientFile {
  public:
    /// `head` begins an empty file. Nothing is written before the first record.
    explicit PatientFile(std::string path, std::string head = "");
    /// Tries once more, and says what is lost.
    ~PatientFile();
    PatientFile(const PatientFile&) = delete;
    PatientFile& operator=(const PatientFile&) = delete;

    void append(std::string record);
    const std::string& path() const { return path_; }

    static constexpr std::size_t kMostWaiting = std::size_t{64} << 20; ///< bytes

  private:
    bool open();
    bool flush();
    void close();
    std::size_t records() const { return waiting_.size() - (head_waits_ ? 1 : 0); }

    std::string path_;
    std::string head_;
    int descriptor_ = -1;
    std::deque<std::string> waiting_;
    std::size_t waiting_bytes_ = 0;
    std::size_t written_of_first_ = 0; ///< bytes of waiting_.front() that the file holds already
    std::int64_t lost_ = 0;            ///< records
    bool failed_ = false;              ///< an outage that was told
    int outages_ = 0;                  ///< that were told
    bool head_waits_ = false;          ///< as waiting_.front()
};

} // namespace tacit::train
