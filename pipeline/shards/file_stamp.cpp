// SPDX-License-Identifier: Apache-2.0
#include "pipeline/shards/file_stamp.hpp"

#include "pipeline/base/digest.hpp"
#include "pipeline/base/error.hpp"
#include "pipeline/base/files.hpp"
#include "pipeline/shards/file_bytes.hpp"
#include "pipeline/shards/hdf5/precheck.hpp"

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
    if (const std::uint64_t superblock = h5::superblock_of(file).value_or(0); superblock != 0) {
        hash_at(file, superblock, hash);
    }
    stamp.start = hash.hex();
    return stamp;
}

} // namespace tacit::shards
