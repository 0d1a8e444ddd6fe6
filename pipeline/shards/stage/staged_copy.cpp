// SPDX-License-Identifier: Apache-2.0
#include "pipeline/shards/stage/staged_copy.hpp"

#include "pipeline/base/digest.hpp"
#include "pipeline/base/error.hpp"
#include "pipeline/base/files.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <fcntl.h>
#include <filesystem>
#include <sstream>
#include <sys/file.h>
#include <unistd.h>
#include <vector>

namespace tacit::shards {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kBlockBytes = std::size_t{4} << 20; ///< between two looks at whether to stop
constexpr const char* kCheckWord = "tacit-staged-1";

/// A number of this start of the machine; empty where the system tells none.
std::string this_boot() {
    try {
        const std::string text = read_file("/proc/sys/kernel/random/boot_id", 4096);
        return text.substr(0, text.find('\n'));
    } catch (const Error&) {
        return {};
    }
}

/// A new file under a temporary name, locked while it is written; removed unless it gets its own name.
class NewFile {
  public:
    explicit NewFile(const std::string& path)
        : path_(temporary_path(path)),
          descriptor_(::open(path_.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0644)) { // NOLINT: open(2)
        if (descriptor_ < 0) {
            fail("create");
        }
        ::flock(descriptor_, LOCK_EX | LOCK_NB); // tells remove_leftovers() that it is no leftover
    }
    ~NewFile() {
        ::close(descriptor_);
        if (!path_.empty()) {
            ::unlink(path_.c_str());
        }
    }
    NewFile(const NewFile&) = delete;
    NewFile& operator=(const NewFile&) = delete;

    const std::string& path() const { return path_; }

    void write(const std::uint8_t* data, std::size_t bytes) {
        while (bytes > 0) {
            const ssize_t written = ::write(descriptor_, data, bytes);
            if (written < 0 && errno != EINTR) {
                fail("write");
            }
            const auto done = static_cast<std::size_t>(std::max<ssize_t>(written, 0));
            data += done;
            bytes -= done;
        }
    }
    /// To the disk, and out of the page cache where the system does that.
    void sync() {
        if (::fsync(descriptor_) != 0) {
            fail("sync");
        }
        ::posix_fadvise(descriptor_, 0, 0, POSIX_FADV_DONTNEED);
    }
    void name(const std::string& path) {
        rename_durably(path_, path);
        path_.clear();
    }

  private:
    [[noreturn]] void fail(const char* action) const {
        throw IoError(fmt::format("{}: cannot {}: {}", path_, action, errno_text()));
    }

    std::string path_;
    int descriptor_;
};

/// Calls take(data, bytes) for all of a file in blocks. Returns false when stopped.
template <class Take> bool each_block(const FileBytes& file, const std::stop_token& stop, const Take& take) {
    std::vector<std::uint8_t> block(std::min<std::uint64_t>(kBlockBytes, file.size()));
    for (std::uint64_t at = 0; at < file.size();) {
        if (stop.stop_requested()) {
            return false;
        }
        const auto bytes = static_cast<std::size_t>(std::min<std::uint64_t>(block.size(), file.size() - at));
        file.read(at, block.data(), bytes);
        take(block.data(), bytes);
        at += bytes;
    }
    return !stop.stop_requested();
}

std::optional<std::uint32_t> crc_of(const FileBytes& file, const std::stop_token& stop) {
    std::uint32_t crc = 0;
    const bool whole =
        each_block(file, stop, [&](const std::uint8_t* data, std::size_t bytes) { crc = crc32c(data, bytes, crc); });
    return whole ? std::optional(crc) : std::nullopt;
}

} // namespace

std::string staging_key(const FileBytes& file) {
    std::error_code error;
    const fs::path whole = fs::absolute(file.path(), error);
    const std::string path = error ? file.path() : whole.lexically_normal().string();
    return sha256_of(fmt::format("{}\n{} {}", path, file.size(), file.modified())).substr(0, 16);
}

StagedCopy::StagedCopy(const FileBytes& source, const std::string& folder) : source_(&source) {
    const fs::path name(source.path());
    path_ = (fs::path(folder) / fmt::format("{}-{}.h5", name.stem().string(), staging_key(source))).string();
}

StagedCopy::State StagedCopy::state() const {
    std::error_code error;
    const std::uintmax_t size = fs::file_size(path_, error);
    const std::optional<Check> check = read_check();
    if (error || size != source_->size() || !check) {
        return State::missing;
    }
    return !check->boot.empty() && check->boot == this_boot() ? State::verified : State::unverified;
}

std::optional<StagedCopy::Check> StagedCopy::read_check() const {
    constexpr std::size_t kMaxCheck = 4096;
    if (!fs::exists(check_path())) {
        return std::nullopt;
    }
    try {
        std::istringstream text(read_file(check_path(), kMaxCheck));
        std::string word;
        Check check;
        text >> word >> check.size >> check.crc >> check.boot; // the last may be missing
        return word == kCheckWord && check.size == source_->size() ? std::optional(check) : std::nullopt;
    } catch (const Error&) { // as good as none: the copy is made again
        return std::nullopt;
    }
}

void StagedCopy::write_check(std::uint32_t crc) const {
    write_file_atomically(check_path(), fmt::format("{} {} {} {}\n", kCheckWord, source_->size(), crc, this_boot()));
}

bool StagedCopy::verify(const std::stop_token& stop) const {
    const std::optional<Check> check = read_check();
    const std::optional<std::uint32_t> crc = crc_of(FileBytes(path_), stop);
    if (!check || !crc || *crc != check->crc) {
        return false;
    }
    write_check(*crc);
    return true;
}

void StagedCopy::clear() const {
    remove_leftovers();
    if (::unlink(path_.c_str()) != 0 && errno != ENOENT) {
        throw IoError(fmt::format("{}: cannot remove the old copy: {}", path_, errno_text()));
    }
}

bool StagedCopy::make(const std::stop_token& stop) const {
    clear();
    NewFile file(path_);
    std::uint32_t crc = 0;
    const bool whole = each_block(*source_, stop, [&](const std::uint8_t* data, std::size_t bytes) {
        crc = crc32c(data, bytes, crc);
        file.write(data, bytes);
    });
    if (!whole) {
        return false;
    }
    file.sync();
    const std::optional<std::uint32_t> back = crc_of(FileBytes(file.path()), stop);
    if (!back) {
        return false;
    }
    if (*back != crc) {
        throw DataError(fmt::format("{}: reads back other than it was written; the disk is damaged", path_));
    }
    if (const FileBytes now(source_->path()); staging_key(now) != staging_key(*source_)) {
        throw DataError(fmt::format("{}: changed while it was being copied", source_->path()));
    }
    write_check(crc); // A copy is never seen without it, and no old one is there to be seen with it.
    file.name(path_);
    return true;
}

/// What a process that was killed has left of this copy.
void StagedCopy::remove_leftovers() const {
    const fs::path whole(path_);
    const std::string begin = whole.filename().string() + ".tmp.";
    std::error_code error;
    std::vector<fs::path> found;
    for (fs::directory_iterator entry(whole.parent_path(), error), end; !error && entry != end;
         entry.increment(error)) {
        if (entry->path().filename().string().starts_with(begin)) {
            found.push_back(entry->path());
        }
    }
    for (const fs::path& path : found) {
        const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC); // NOLINT(cppcoreguidelines-pro-type-vararg)
        if (file >= 0 && ::flock(file, LOCK_EX | LOCK_NB) == 0) {
            ::unlink(path.c_str());
        }
        if (file >= 0) {
            ::close(file);
        }
    }
}

} // namespace tacit::shards
