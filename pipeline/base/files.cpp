// SPDX-License-Identifier: Apache-2.0
#include "pipeline/base/files.hpp"

#include "pipeline/base/error.hpp"

#include <atomic>
#include <cerrno>
#include <climits>
#include <cstdio>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

namespace tacit {
namespace {

/// An open file descriptor, closed by scope.
class Descriptor {
  public:
    Descriptor(const std::string& path, int flags) : value_(::open(path.c_str(), flags | O_CLOEXEC, 0666)) {}
    ~Descriptor() {
        if (value_ >= 0) {
            ::close(value_);
        }
    }
    Descriptor(const Descriptor&) = delete;
    Descriptor& operator=(const Descriptor&) = delete;
    int get() const { return value_; }
    bool open() const { return value_ >= 0; }
    /// Closes now; false when the system reports a late write error.
    bool close() { return ::close(std::exchange(value_, -1)) == 0; }

  private:
    int value_;
};

[[noreturn]] void fail(const char* action, const std::string& path) {
    throw IoError(std::string("cannot ") + action + " '" + path + "': " + errno_text());
}

std::string folder_of(const std::string& path) {
    const std::string folder = std::filesystem::path(path).parent_path().string();
    return folder.empty() ? "." : folder;
}

bool write_all(int descriptor, std::string_view content) {
    while (!content.empty()) {
        const ssize_t written = ::write(descriptor, content.data(), content.size());
        if (written < 0 && errno == EINTR) {
            continue;
        }
        if (written < 0) {
            return false;
        }
        content.remove_prefix(static_cast<std::size_t>(written));
    }
    return true;
}

} // namespace

std::string errno_text() {
    const int code = errno;
    const char* name = strerrorname_np(code);
    return std::string(std::strerror(code)) + (name == nullptr ? "" : std::string(" (") + name + ")"); // NOLINT
}

void fsync_path(const std::string& path) {
    const Descriptor file(path, O_RDONLY);
    if (!file.open()) {
        fail("open", path);
    }
    // Some network file systems refuse fsync of a folder with EINVAL; nothing more can be done there.
    if (::fsync(file.get()) != 0 && errno != EINVAL) {
        fail("fsync", path);
    }
}

void rename_durably(const std::string& from, const std::string& to) {
    if (std::rename(from.c_str(), to.c_str()) != 0) {
        throw IoError("cannot rename '" + from + "' to '" + to + "': " + errno_text());
    }
    fsync_path(folder_of(to));
}

std::string temporary_path(const std::string& path) {
    static std::atomic<int> count{0};
    char host[HOST_NAME_MAX + 1] = {};
    ::gethostname(host, sizeof(host) - 1);
    return path + ".tmp." + host + "." + std::to_string(::getpid()) + "." + std::to_string(++count);
}

void write_file_atomically(const std::string& path, std::string_view content) {
    const std::string temporary = temporary_path(path);
    Descriptor file(temporary, O_WRONLY | O_CREAT | O_TRUNC);
    if (!file.open()) {
        fail("write", path);
    }
    const bool whole = write_all(file.get(), content) && ::fsync(file.get()) == 0 && file.close();
    if (!whole) {
        const int code = errno;
        ::unlink(temporary.c_str());
        errno = code;
        fail("write", path);
    }
    try {
        rename_durably(temporary, path);
    } catch (const IoError&) {
        ::unlink(temporary.c_str());
        throw;
    }
}

std::string read_file(const std::string& path, std::size_t limit) {
    const Descriptor file(path, O_RDONLY);
    if (!file.open()) {
        fail("read", path);
    }
    struct stat status {};
    if (::fstat(file.get(), &status) != 0) {
        fail("read", path);
    }
    if (S_ISDIR(status.st_mode)) {
        errno = EISDIR;
        fail("read", path);
    }
    std::string content;
    std::string block(std::size_t{1} << 16, '\0');
    while (true) {
        const ssize_t got = ::read(file.get(), block.data(), block.size());
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got < 0) {
            fail("read", path);
        }
        if (got == 0) {
            return content;
        }
        content.append(block, 0, static_cast<std::size_t>(got));
        if (content.size() > limit) {
            throw DataError("'" + path + "' is larger than the " + std::to_string(limit) + " bytes allowed here");
        }
    }
}

} // namespace tacit
