// SPDX-License-Identifier: Apache-2.0
#include "models/weights/file_handle.hpp"

#include "pipeline/base/error.hpp"
#include "pipeline/base/files.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

namespace tacit::models {
namespace {

constexpr std::size_t kLargestTransfer = std::size_t{1} << 30; // Linux moves at most 2 GiB a call

} // namespace

FileHandle::FileHandle(std::string path, int flags, const char* purpose)
    : path_(std::move(path)), descriptor_(::open(path_.c_str(), flags | O_CLOEXEC, 0644)) {
    if (descriptor_ < 0) {
        throw IoError(fmt::format("{}: cannot {}: {}", path_, purpose, errno_text()));
    }
}

FileHandle FileHandle::open_to_read(const std::string& path) {
    return {path, O_RDONLY, "open"};
}

FileHandle FileHandle::open_to_write(const std::string& path) {
    return {path, O_WRONLY | O_CREAT | O_TRUNC, "create"};
}

FileHandle::~FileHandle() {
    if (descriptor_ >= 0) {
        ::close(descriptor_);
    }
}

void FileHandle::fail(const char* what) const {
    throw IoError(fmt::format("{}: cannot {}: {}", path_, what, errno_text()));
}

std::uint64_t FileHandle::size() const {
    struct stat status {};
    if (::fstat(descriptor_, &status) != 0) {
        fail("stat");
    }
    return static_cast<std::uint64_t>(status.st_size);
}

void FileHandle::read_at(std::uint64_t offset, void* data, std::size_t bytes) const {
    auto* out = static_cast<char*>(data);
    while (bytes > 0) {
        const auto got = ::pread(descriptor_, out, std::min(bytes, kLargestTransfer), static_cast<off_t>(offset));
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got < 0) {
            fail("read");
        }
        if (got == 0) {
            throw DataError(fmt::format("{}: ends at byte {} while it is read", path_, offset));
        }
        out += got;
        offset += static_cast<std::uint64_t>(got);
        bytes -= static_cast<std::size_t>(got);
    }
}

void FileHandle::write(const void* data, std::size_t bytes) {
    const auto* in = static_cast<const char*>(data);
    while (bytes > 0) {
        const auto put = ::write(descriptor_, in, std::min(bytes, kLargestTransfer));
        if (put < 0 && errno == EINTR) {
            continue;
        }
        if (put < 0) {
            fail("write");
        }
        in += put;
        bytes -= static_cast<std::size_t>(put);
    }
}

void FileHandle::sync_and_close() {
    // EINVAL: a pipe or device that has nothing to sync.
    if (::fsync(descriptor_) != 0 && errno != EINVAL) {
        fail("write (fsync)");
    }
    const int descriptor = descriptor_;
    descriptor_ = -1;
    if (::close(descriptor) != 0) {
        fail("close");
    }
}

} // namespace tacit::models
