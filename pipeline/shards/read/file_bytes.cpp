// SPDX-License-Identifier: Apache-2.0
#include "pipeline/shards/read/file_bytes.hpp"

#include "pipeline/base/error.hpp"
#include "pipeline/base/file_kind.hpp"
#include "pipeline/base/files.hpp"
#include "pipeline/base/log.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <fcntl.h>
#include <stdexcept>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

namespace tacit::shards {

namespace {

int open_regular(const std::string& path, struct stat& status) {
    const int descriptor =
        ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK); // NOLINT(cppcoreguidelines-pro-type-vararg): open(2)
    if (descriptor < 0 && errno != ENXIO) {                      // which sockets give
        throw IoError(fmt::format("{}: cannot open: {}", path, errno_text()));
    }
    if (descriptor < 0 || fstat(descriptor, &status) != 0 || !S_ISREG(status.st_mode)) {
        ::close(descriptor);
        throw IoError(fmt::format("{}: {}", path, kind_text(path)));
    }
    return descriptor;
}

/// How many bytes could be read; if fewer than asked for, errno says why, 0 that the file ends.
std::size_t read_at(int descriptor, std::uint64_t offset, char* out, std::size_t bytes) {
    std::size_t done = 0;
    while (done < bytes) {
        const ssize_t got = ::pread(descriptor, out + done, bytes - done, static_cast<off_t>(offset + done));
        if (got > 0) {
            done += static_cast<std::size_t>(got);
        } else if (got == 0) {
            errno = 0;
            return done;
        } else if (errno != EINTR) {
            return done;
        }
    }
    return done;
}

} // namespace

FileBytes::FileBytes(const std::string& path) : path_(path) {
    constexpr std::int64_t kSecond = 1'000'000'000;
    struct stat status {};
    descriptor_ = open_regular(path, status);
    size_ = static_cast<std::uint64_t>(status.st_size);
    modified_ = status.st_mtim.tv_sec * kSecond + status.st_mtim.tv_nsec;
}

FileBytes::~FileBytes() {
    for (const int descriptor : {descriptor_, copy_}) {
        if (descriptor >= 0) {
            ::close(descriptor);
        }
    }
}

FileBytes::FileBytes(FileBytes&& other) noexcept
    : path_(std::move(other.path_)), descriptor_(std::exchange(other.descriptor_, -1)), size_(other.size_),
      modified_(other.modified_), copy_path_(std::move(other.copy_path_)), copy_(std::exchange(other.copy_, -1)),
      reads_copy_(other.reads_copy_.load()) {}

FileBytes& FileBytes::operator=(FileBytes&& other) noexcept {
    std::swap(path_, other.path_);
    std::swap(descriptor_, other.descriptor_);
    std::swap(size_, other.size_);
    std::swap(modified_, other.modified_);
    std::swap(copy_path_, other.copy_path_);
    std::swap(copy_, other.copy_);
    reads_copy_.store(other.reads_copy_.exchange(reads_copy_.load()));
    return *this;
}

void FileBytes::read(std::uint64_t offset, void* to, std::size_t bytes) const {
    auto* out = static_cast<char*>(to);
    if (reads_copy() && read_copy(offset, out, bytes)) {
        return;
    }
    const std::size_t done = read_at(descriptor_, offset, out, bytes);
    if (done < bytes && errno != 0) {
        throw IoError(fmt::format("{}: cannot read at byte {}: {}", path_, offset + done, errno_text()));
    }
    if (done < bytes) {
        throw DataError(fmt::format("{}: the file ends at byte {}, {} more expected; it was truncated", path_,
                                    offset + done, bytes - done));
    }
}

bool FileBytes::read_copy(std::uint64_t offset, char* out, std::size_t bytes) const {
    if (read_at(copy_, offset, out, bytes) == bytes) {
        return true;
    }
    const std::string reason = errno == 0 ? "it is cut off" : errno_text();
    if (reads_copy_.exchange(false)) {
        log::warning(fmt::format("{}: cannot be read ({}); going on with {}", copy_path_, reason, path_));
    }
    return false;
}

void FileBytes::read_from(const std::string& copy) {
    if (copy_ >= 0) {
        throw std::logic_error("FileBytes: has a copy already");
    }
    struct stat status {};
    const int descriptor = open_regular(copy, status);
    if (static_cast<std::uint64_t>(status.st_size) != size_) {
        ::close(descriptor);
        throw DataError(fmt::format("{}: has {} bytes, {} has {}", copy, status.st_size, path_, size_));
    }
    copy_path_ = copy;
    copy_ = descriptor;
    reads_copy_.store(true, std::memory_order_release);
}

void read_whole(const std::string& path, std::vector<std::uint8_t>& out, std::uint64_t limit) {
    const FileBytes file(path);
    if (file.size() > limit) {
        throw DataError(
            fmt::format("{}: {} bytes, more than the {} that one image may have", path, file.size(), limit));
    }
    out.resize(static_cast<std::size_t>(file.size()));
    file.read(0, out.data(), out.size());
}

} // namespace tacit::shards
