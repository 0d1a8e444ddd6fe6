// SPDX-License-Identifier: Apache-2.0
#include "pipeline/shards/stage/staging.hpp"

#include "pipeline/base/digest.hpp"
#include "pipeline/base/error.hpp"
#include "pipeline/base/files.hpp"
#include "pipeline/base/log.hpp"
#include "pipeline/base/reason.hpp"
#include "pipeline/shards/stage/staged_copy.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <chrono>
#include <condition_variable>
#include <fcntl.h>
#include <filesystem>
#include <mutex>
#include <sys/file.h>
#include <sys/statvfs.h>
#include <thread>
#include <unistd.h>

namespace tacit::shards {
namespace {

namespace fs = std::filesystem;

constexpr std::chrono::milliseconds kBetweenLooks{200}; ///< at what another process has copied
constexpr double kMega = 1e6;

std::uint64_t free_on_disk(const std::string& folder) {
    struct statvfs status {};
    if (::statvfs(folder.c_str(), &status) != 0) {
        throw IoError(fmt::format("{}: cannot ask for free space: {}", folder, errno_text()));
    }
    return static_cast<std::uint64_t>(status.f_bavail) * status.f_frsize;
}

/// The right to copy one set of files into one folder.
class FolderLock {
  public:
    explicit FolderLock(std::string path) : path_(std::move(path)) {}
    ~FolderLock() {
        if (file_ >= 0) {
            ::close(file_);
        }
    }
    FolderLock(const FolderLock&) = delete;
    FolderLock& operator=(const FolderLock&) = delete;

    /// Whether it is held now. Throws IoError.
    bool take() {
        if (file_ < 0) {
            file_ = ::open(path_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644); // NOLINT: open(2)
        }
        held_ = held_ || (file_ >= 0 && ::flock(file_, LOCK_EX | LOCK_NB) == 0);
        if (!held_ && (file_ < 0 || errno != EWOULDBLOCK)) {
            throw IoError(fmt::format("{}: cannot be locked: {}", path_, errno_text()));
        }
        return held_;
    }
    void release() {
        if (held_) {
            ::flock(file_, LOCK_UN);
            held_ = false;
        }
    }

  private:
    std::string path_;
    int file_ = -1;
    bool held_ = false;
};

std::string lock_path(const std::vector<FileBytes*>& files, const std::string& folder) {
    Sha256 hash;
    for (const FileBytes* file : files) {
        const std::string key = staging_key(*file);
        hash.update(key.data(), key.size());
    }
    return (fs::path(folder) / fmt::format("{:.16}.lock", hash.hex())).string();
}

} // namespace

struct Staging::Impl {
    Impl(std::vector<FileBytes*> given, StagingOptions wanted);

    void run(const std::stop_token& stop);
    /// Stages what can be staged now. Returns whether files are left that another process is copying.
    bool pass(const std::stop_token& stop);
    /// Whether the copy can be read from now.
    bool ready(const StagedCopy& copy, const std::stop_token& stop);
    void copy_file(const StagedCopy& copy, const std::stop_token& stop);
    void check_room(const StagedCopy& copy) const;

    StagingOptions options;
    std::vector<FileBytes*> waiting;
    FolderLock lock;
    mutable std::mutex mutex; ///< of what follows
    std::condition_variable_any changed;
    StagingReport report;
    bool finished = false;
    std::jthread thread; ///< last: it uses all of the above
};

Staging::Impl::Impl(std::vector<FileBytes*> given, StagingOptions wanted)
    : options(std::move(wanted)), waiting(std::move(given)), lock(lock_path(waiting, options.folder)) {
    report.files = waiting.size();
    if (!options.free_bytes) {
        options.free_bytes = free_on_disk;
    }
    thread = std::jthread([this](const std::stop_token& stop) { run(stop); });
}

void Staging::Impl::run(const std::stop_token& stop) {
    std::string problem;
    try {
        fs::create_directories(options.folder);
        while (pass(stop)) {
            std::unique_lock guard(mutex);
            changed.wait_for(guard, stop, kBetweenLooks, [] { return false; });
        }
        if (waiting.empty()) {
            lock.release();
        }
    } catch (const std::exception& error) { // The lock stays: processes beside this one would meet the same.
        problem = reason_of(error);
    }
    const std::lock_guard guard(mutex);
    report.problem = problem;
    for (const FileBytes* file : waiting) {
        report.left.push_back(file->path());
    }
    finished = true;
    changed.notify_all();
    if (!problem.empty()) {
        log::warning(fmt::format("data.stage: {}; {} of {} files are read where they are", problem, waiting.size(),
                                 report.files));
    } else if (waiting.empty()) {
        log::info(fmt::format("staged {} files in {}: {:.1f} MB copied, {:.1f} MB of earlier copies verified",
                              report.files, options.folder, static_cast<double>(report.copied) / kMega,
                              static_cast<double>(report.verified) / kMega));
    }
}

bool Staging::Impl::pass(const std::stop_token& stop) {
    for (auto file = waiting.begin(); file != waiting.end() && !stop.stop_requested();) {
        const StagedCopy copy(**file, options.folder);
        if (!ready(copy, stop)) {
            ++file;
            continue;
        }
        (*file)->read_from(copy.path());
        file = waiting.erase(file);
        const std::lock_guard guard(mutex);
        ++report.staged;
    }
    return !waiting.empty() && !stop.stop_requested();
}

bool Staging::Impl::ready(const StagedCopy& copy, const std::stop_token& stop) {
    if (copy.state() == StagedCopy::State::verified) {
        return true;
    }
    if (!lock.take()) {
        return false;
    }
    const StagedCopy::State state = copy.state(); // It may have come before the lock did.
    if (state == StagedCopy::State::unverified && copy.verify(stop)) {
        const std::lock_guard guard(mutex);
        report.verified += copy.source().size();
    } else if (state != StagedCopy::State::verified && !stop.stop_requested()) {
        copy_file(copy, stop);
    }
    return !stop.stop_requested();
}

void Staging::Impl::copy_file(const StagedCopy& copy, const std::stop_token& stop) {
    copy.clear(); // It takes room that the new one may need.
    check_room(copy);
    if (copy.make(stop)) {
        const std::lock_guard guard(mutex);
        report.copied += copy.source().size();
    }
}

void Staging::Impl::check_room(const StagedCopy& copy) const {
    const std::uint64_t room = options.free_bytes(options.folder);
    if (room < copy.source().size()) {
        throw IoError(fmt::format("{} has {:.1f} MB free, {} takes {:.1f} MB", options.folder,
                                  static_cast<double>(room) / kMega, copy.source().path(),
                                  static_cast<double>(copy.source().size()) / kMega));
    }
}

Staging::Staging(std::vector<FileBytes*> files, StagingOptions options)
    : impl_(std::make_unique<Impl>(std::move(files), std::move(options))) {}

Staging::~Staging() = default;

void Staging::wait() {
    std::unique_lock guard(impl_->mutex);
    impl_->changed.wait(guard, [this] { return impl_->finished; });
}

StagingReport Staging::report() const {
    const std::lock_guard guard(impl_->mutex);
    return impl_->report;
}

} // namespace tacit::shards
