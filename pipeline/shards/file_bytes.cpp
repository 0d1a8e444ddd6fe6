// SPDX-License-Identifier: Apache-2.0
#include "pipeline/shards/file_bytes.hpp"

#include "pipeline/base/error.hpp"
#include "pipeline/base/files.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

namespace tacit::shards {

FileBytes::FileBytes(const std::string& path)
    : path_(path),
      descriptor_(::open(path.c_str(), O_RDONLY | O_CLOEXEC)) { // NOLINT(cppcoreguidelines-pro-type-vararg)
    if (descriptor_ < 0) {
        throw IoError(fmt::format("{}: cannot open: {}", path, errno_text()));
    }
    struct stat status {};
    if (fstat(descriptor_, &status) != 0 || !S_ISREG(status.st_mode)) {
        ::close(descriptor_);
        throw IoError(fmt::format("{}: not a regular file", path));
    }
    size_ = static_cast<std::uint64_t>(status.st_size);
}

FileBytes::~FileBytes() {
    if (descriptor_ >= 0) {
        ::close(descriptor_);
    }
}

FileBytes::FileBytes(FileBytes&& other) noexcept
    : path_(std::move(other.path_)), descriptor_(std::exchange(other.descriptor_, -1)), size_(other.size_) {}

FileBytes& FileBytes::operator=(FileBytes&& other) noexcept {
    std::swap(path_, other.path_);
    std::swap(descriptor_, other.descriptor_);
    std::swap(size_, other.size_);
    return *this;
}

void FileBytes::read(std::uint64_t offset, void* to, std::size_t bytes) const {
    auto* out = static_cast<char*>(to);
    while (bytes > 0) {
        const ssize_t got = ::pread(descriptor_, out, bytes, static_cast<off_t>(offset));
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got < 0) {
            throw IoError(fmt::format("{}: cannot read at byte {}: {}", path_, offset, errno_text()));
        }
        if (got == 0) {
            throw DataError(
                fmt::format("{}: the file ends at byte {}, {} more expected; it was truncated", path_, offset, bytes));
        }
        out += got;
        offset += static_cast<std::uint64_t>(got);
        bytes -= static_cast<std::size_t>(got);
    }
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
