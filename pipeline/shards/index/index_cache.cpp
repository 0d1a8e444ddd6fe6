// SPDX-License-Identifier: Apache-2.0
#include "pipeline/shards/index/index_cache.hpp"

#include "pipeline/base/digest.hpp"
#include "pipeline/base/error.hpp"
#include "pipeline/base/files.hpp"
#include "pipeline/shards/format/sealed_bytes.hpp"
#include "pipeline/shards/format/shard_index.hpp"
#include "pipeline/shards/hdf5/location.hpp"
#include "pipeline/shards/hdf5/raw/precheck.hpp"
#include "pipeline/shards/index/index_bytes.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <system_error>

namespace tacit::shards {
namespace {

/// What the index of a file depends on besides the file.
struct IndexKey {
    std::string split;
    std::string images;
    std::string labels;
    std::string axes;
    std::vector<double> range;
    std::vector<std::string> roots;
    std::string split_by;
    bool operator==(const IndexKey&) const = default;
};

/// What tells whether a file is still the one that was read.
struct FileStamp {
    std::uint64_t bytes = 0;
    std::int64_t changed = 0; ///< nanoseconds since 1970
    std::string start;        ///< SHA-256 of the first 2 KiB, and of 2 KiB from the HDF5 superblock on, if it has one
    bool operator==(const FileStamp&) const = default;
};

/// A file that indexing read. Names are empty (the indexed file itself), or relative to its folder, or absolute: the
/// folder may be moved.
struct ReadFile {
    std::string name;
    FileStamp stamp;
};

/// Counted up when files are to be indexed in another way, so that older indexes are made anew.
constexpr std::uint32_t kRules = 8;

struct KeptIndex {
    IndexKey key;
    std::vector<ReadFile> files;
    FileIndex index;
    std::uint32_t rules = kRules;
};

template <class A, Fields<IndexKey> T> void fields(A& archive, T& key) {
    archive("split images labels axes range roots split_by", key.split, key.images, key.labels, key.axes, key.range,
            key.roots, key.split_by);
}

template <class A, Fields<ReadFile> T> void fields(A& archive, T& file) {
    archive("name bytes changed start", file.name, file.stamp.bytes, file.stamp.changed, file.stamp.start);
}

template <class A, Fields<KeptIndex> T> void fields(A& archive, T& kept) {
    archive("key files index rules", kept.key, kept.files, kept.index, kept.rules);
}

namespace fs = std::filesystem;

constexpr std::size_t kMostBytes = std::size_t{1} << 30; ///< of a kept index

void hash_at(const FileBytes& file, std::uint64_t offset, Sha256& hash) {
    constexpr std::uint64_t kStart = 2048;
    std::array<char, kStart> bytes{};
    const auto size = static_cast<std::size_t>(std::min(kStart, file.size() - offset));
    file.read(offset, bytes.data(), size);
    hash.update(bytes.data(), size);
}

FileStamp stamp_of(const std::string& path) {
    const FileBytes file(path);
    Sha256 hash;
    hash_at(file, 0, hash);
    if (const std::uint64_t superblock = h5::superblock_of(file).value_or(0); superblock != 0) {
        hash_at(file, superblock, hash);
    }
    return {file.size(), file.modified(), hash.hex()};
}

IndexKey key_of(const DataSpec& spec, const std::string& split) {
    return {split, spec.images, spec.labels, spec.axes, spec.range, spec.roots, spec.split_by};
}

/// Calls `change` with every path that the index holds.
template <class Change> void change_paths(FileIndex& index, const Change& change) {
    change(index.path);
    change(index.source);
    std::for_each(index.reached.begin(), index.reached.end(), change);
    for (ImagePart& part : index.parts) {
        change(part.array ? part.array->path : part.items->path);
    }
}

std::string portable(const std::string& path, const std::string& indexed) {
    if (path == indexed) {
        return {};
    }
    std::error_code error;
    const fs::path parent = fs::path(indexed).parent_path();
    const fs::path folder = fs::weakly_canonical(parent.empty() ? fs::path(".") : parent, error);
    const std::string name = fs::path(path).lexically_relative(folder).string();
    return error || name.empty() || name.starts_with("..") ? path : name;
}

/// The file that a portable name means now. Throws DataError if `roots` do not allow it.
std::string resolved(const std::string& name, const std::string& indexed, const DataSpec& spec) {
    return name.empty() ? indexed : h5::file_beside(indexed, name, spec.roots);
}

/// nullopt: there is none, or not one that fits.
std::optional<FileIndex> read_kept(const std::string& place, const std::string& path, const DataSpec& spec,
                                   const IndexKey& key) {
    std::error_code error;
    if (!fs::is_regular_file(place, error)) {
        return std::nullopt;
    }
    try {
        auto kept = opened_bytes<KeptIndex>(read_file(place, kMostBytes));
        check_index(kept.index);
        const bool fits =
            kept.rules == kRules && kept.key == key && !kept.files.empty() && kept.files.front().name.empty() &&
            std::all_of(kept.files.begin(), kept.files.end(),
                        [&](const ReadFile& file) { return stamp_of(resolved(file.name, path, spec)) == file.stamp; });
        if (!fits) {
            return std::nullopt;
        }
        change_paths(kept.index, [&](std::string& name) { name = resolved(name, path, spec); });
        return std::move(kept.index);
    } catch (const Error&) { // damaged, of another version, or a file is gone
        return std::nullopt;
    }
}

std::size_t entries_of(const FileIndex& index) {
    std::size_t entries = index.labels.size();
    for (const ImagePart& part : index.parts) {
        entries += part.array ? part.array->chunks.size() : part.items->addresses.size();
    }
    return entries;
}

/// Whether all that the index says is in files that can be stamped.
bool can_be_kept(const FileIndex& index) {
    return index.format == "hdf5" && entries_of(index) >= kKeptEntries &&
           std::none_of(index.parts.begin(), index.parts.end(), [](const ImagePart& part) {
               return part.array && part.array->reason == "a virtual data set"; // whose sources libhdf5 finds itself
           });
}

/// `start`: when indexing began, in nanoseconds since 1970.
void keep(const std::string& place, const std::string& path, const IndexKey& key, FileIndex index, std::int64_t start) {
    constexpr std::int64_t kSettled = 2'000'000'000;
    try {
        KeptIndex kept{key, {{"", stamp_of(path)}}, std::move(index), kRules};
        for (const std::string& file : kept.index.reached) {
            kept.files.push_back({portable(file, path), stamp_of(file)});
        }
        const bool settled = std::all_of(kept.files.begin(), kept.files.end(),
                                         [&](const ReadFile& file) { return file.stamp.changed < start - kSettled; });
        if (!settled) {
            return;
        }
        change_paths(kept.index, [&](std::string& name) { name = portable(name, path); });
        const std::string bytes = sealed_bytes(kept);
        if (bytes.size() <= kMostBytes) {
            write_file_atomically(place, bytes);
        }
    } catch (const Error&) { // the folder cannot be written: the next run indexes again
    }
}

} // namespace

std::string index_cache_path(const std::string& path, const DataSpec& spec, const std::string& split) {
    IndexWriter writer;
    writer.put(key_of(spec, split));
    return fmt::format("{}.{:.8}.tacit-index", path, sha256_of(writer.take()));
}

FileIndex cached_index(const std::string& path, const DataSpec& spec, const std::string& split,
                       std::chrono::nanoseconds slow) {
    const std::string place = index_cache_path(path, spec, split);
    const IndexKey key = key_of(spec, split);
    if (std::optional<FileIndex> kept = read_kept(place, path, spec, key)) {
        return std::move(*kept);
    }
    const auto now = std::chrono::system_clock::now().time_since_epoch();
    const auto begin = std::chrono::steady_clock::now();
    FileIndex index = index_file(path, spec, split);
    if (std::chrono::steady_clock::now() - begin >= slow && can_be_kept(index)) {
        keep(place, path, key, index, std::chrono::duration_cast<std::chrono::nanoseconds>(now).count());
    }
    return index;
}

} // namespace tacit::shards
