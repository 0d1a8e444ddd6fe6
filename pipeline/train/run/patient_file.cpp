// SPDX-License-Identifier: Apache-2.0
#include "pipeline/train/run/patient_file.hpp"

#include "pipeline/base/files.hpp"
#include "pipeline/base/log.hpp"

#include <cerrno>
#include <exception>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

namespace tacit::train {

namespace {

/// Whether `path` still names the open file.
bool names(const std::string& path, int descriptor) {
    struct stat there {};
    struct stat own {};
    return ::stat(path.c_str(), &there) == 0 && ::fstat(descriptor, &own) == 0 && there.st_ino == own.st_ino &&
           there.st_dev == own.st_dev;
}

} // namespace

PatientFile::PatientFile(std::string path, std::string head) : path_(std::move(path)), head_(std::move(head)) {}

PatientFile::~PatientFile() {
    try {
        const bool whole = waiting_.empty() || flush();
        const std::int64_t missing = lost_ + static_cast<std::int64_t>(records());
        if (!whole || lost_ > 0) {
            log::warning(fmt::format("'{}' lacks {} records that could not be written", path_, missing));
        }
    } catch (const std::exception&) { // out of memory: the file ends here, the work is done
        lost_ = 0;
    }
    close();
}

void PatientFile::close() {
    if (descriptor_ >= 0) {
        ::close(std::exchange(descriptor_, -1));
    }
}

bool PatientFile::open() {
    if (descriptor_ >= 0 && names(path_, descriptor_)) {
        return true;
    }
    // A file that came in place of the own one belongs to someone else, perhaps another run. The old descriptor stays
    // until then: the own file may come back.
    const int only_new = descriptor_ >= 0 ? O_EXCL : 0;
    const int anew = ::open(path_.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | only_new, 0666);
    if (anew < 0) {
        return false;
    }
    close();
    descriptor_ = anew;
    written_of_first_ = 0;
    struct stat status {};
    if (!head_.empty() && !head_waits_ && ::fstat(descriptor_, &status) == 0 && status.st_size == 0) {
        waiting_.push_front(head_);
        waiting_bytes_ += head_.size();
        head_waits_ = true;
    }
    return true;
}

bool PatientFile::flush() {
    if (!open()) {
        return false;
    }
    while (!waiting_.empty()) {
        const std::string& first = waiting_.front();
        const ssize_t written =
            ::write(descriptor_, first.data() + written_of_first_, first.size() - written_of_first_);
        if (written < 0 && errno == EINTR) {
            continue;
        }
        if (written < 0) {
            return false;
        }
        written_of_first_ += static_cast<std::size_t>(written);
        if (written_of_first_ < first.size()) {
            continue;
        }
        waiting_bytes_ -= first.size();
        waiting_.pop_front();
        head_waits_ = false;
        written_of_first_ = 0;
    }
    return true;
}

void PatientFile::append(std::string record) {
    if (waiting_bytes_ + record.size() <= kMostWaiting) {
        waiting_bytes_ += record.size();
        waiting_.push_back(std::move(record));
    } else {
        ++lost_;
    }
    const std::size_t waited = records();
    if (flush()) {
        if (std::exchange(failed_, false)) {
            log::info(fmt::format("'{}' is written again, with the {} records that waited", path_, waited));
        }
    } else if (!std::exchange(failed_, true)) {
        const std::string why = errno == EEXIST ? "another file has taken its place" : errno_text();
        ++outages_;
        log::warning(fmt::format("cannot write '{}'{}: {}; the work goes on, and what belongs there waits in memory",
                                 path_, outages_ > 1 ? fmt::format(" (outage {})", outages_) : "", why));
    }
}

} // namespace tacit::train
