// SPDX-License-Identifier: Apache-2.0
#include "pipeline/shards/file_stamp.hpp"

#include "pipeline/base/digest.hpp"
#include "pipeline/base/error.hpp"
#include "pipeline/base/files.hpp"
#include "pipeline/shards/file_bytes.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <sys/stat.h>

namespace tacit::shards {
namespace {

constexpr std::uint64_t kStart = 2048;

void hash_at(const FileBytes& file, std::uint64_t offset, Sha256& hash) {
    std::array<char, kStart> bytes{};
    const auto size = static_cast<std::size_t>(std::min(kStart, file.size() - offset));
    file.read(offset, bytes.data(), size);
    hash.update(bytes.data(), size);
}

/// The superblock stands at byte 0, 512, 1024, 2048 and so on; 0 also where there is none.
std::uint64_t superblock_of(const FileBytes& file) {
    constexpr std::array<char, 8> kSignature = {'\x89', 'H', 'D', 'F', '\r', '\n', '\x1a', '\n'};
    constexpr std::uint64_t kFirst = 512;
    std::array<char, kSignature.size()> bytes{};
    for (std::uint64_t at = 0; at + bytes.size() <= file.size(); at = std::max(kFirst, 2 * at)) {
        file.read(at, bytes.data(), bytes.size());
        if (bytes == kSignature) {
            return at;
        }
    }
    return 0;
}

} // namespace

FileStamp stamp_of(const std::string& path) {
    constexpr std::int64_t kSecond = 1'000'000'000;
    struct stat status {};
    if (::stat(path.c_str(), &status) != 0) {
        throw IoError(fmt::format("{}: cannot be looked at: {}", path, errno_text()));
    }
    const FileBytes file(path);
    FileStamp stamp;
    stamp.bytes = file.size();
    stamp.changed = std::int64_t{status.st_mtim.tv_sec} * kSecond + status.st_mtim.tv_nsec;
    Sha256 hash;
    hash_at(file, 0, hash);
    if (const std::uint64_t superblock = superblock_of(file); superblock != 0) {
        hash_at(file, superblock, hash);
    }
    stamp.start = hash.hex();
    return stamp;
}

} // namespace tacit::shards
