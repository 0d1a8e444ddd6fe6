// SPDX-License-Identifier: Apache-2.0
#include "pipeline/train/patient_file.hpp"

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
        const std::int64_t missing = lost_ + static_cast<std::int64_t>(waiting_.size());
        if (!whole || lost_ > 0)
            log::warning(fmt::format("'{}' lacks {} records that could not be written", path_, missing));
    } catch (const std::exception&) { // out of memory: the file ends here, the work is done
        lost_ = 0;
    }
    close();
}

void PatientFile::close() {
    if (descriptor_ >= 0)
        ::close(std::exchange(descriptor_, -1));
}

bool PatientFile::open() {
    if (descriptor_ >= 0 && names(path_, descriptor_))
        return true;
    close();
    descriptor_ = ::open(path_.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0666);
    if (descriptor_ < 0)
        return false;
    written_of_first_ = 0;
    struct stat status {};
    if (!head_.empty() && ::fstat(descriptor_, &status) == 0 && status.st_size == 0)
        waiting_.push_front(head_);
    return true;
}

bool PatientFile::flush() {
    if (!open())
        return false;
    while (!waiting_.empty()) {
        const std::string& first = waiting_.front();
        const ssize_t written =
            ::write(descriptor_, first.data() + written_of_first_, first.size() - written_of_first_);
        if (written < 0 && errno == EINTR)
            continue;
        if (written < 0)
            return false;
        written_of_first_ += static_cast<std::size_t>(written);
        if (written_of_first_ < first.size())
            continue;
        waiting_bytes_ -= std::min(waiting_bytes_, first.size());
        waiting_.pop_front();
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
    const std::size_t waited = waiting_.size();
    if (flush()) {
        if (std::exchange(failed_, false))
            log::info(fmt::format("'{}' is written again, with the {} records that waited", path_, waited));
    } else if (!std::exchange(failed_, true)) {
        log::warning(fmt::format("cannot write '{}': {}; the work goes on, and what belongs there waits in memory",
                                 path_, errno_text()));
    }
}

} // namespace tacit::train
