// SPDX-License-Identifier: Apache-2.0
#include "pipeline/shards/import/arrays/zip_file.hpp"

#include "pipeline/base/error.hpp"
#include "pipeline/base/file_kind.hpp"
#include "pipeline/base/words.hpp"
#include "pipeline/shards/images/byte_reader.hpp"

#include <fmt/format.h>
#include <zlib.h>

#include <algorithm>
#include <array>
#include <utility>

namespace tacit::shards {
namespace {

constexpr std::uint32_t kEnd = 0x06054B50;     ///< end of central directory
constexpr std::uint32_t kEnd64 = 0x06064B50;   ///< the same of zip64
constexpr std::uint32_t kLocator = 0x07064B50; ///< where that one is
constexpr std::uint32_t kEntry = 0x02014B50;   ///< in the central directory
constexpr std::uint32_t kLocal = 0x04034B50;   ///< before a member's bytes
constexpr std::size_t kEndBytes = 22;
constexpr std::size_t kLocatorBytes = 20;
constexpr std::size_t kEnd64Bytes = 56;
constexpr std::size_t kEntryBytes = 46;
constexpr std::size_t kLocalBytes = 30;
constexpr std::uint64_t kMaxDirectory = std::uint64_t{1} << 28;
constexpr std::size_t kStep = std::size_t{1} << 20;

using Store = std::shared_ptr<const ByteStore>;

[[noreturn]] void bad_zip(const Store& store, const std::string& what) {
    throw DataError(fmt::format("{}: {}; it is damaged or no zip archive", store->path(), what));
}

/// Offset and length of the central directory.
std::pair<std::uint64_t, std::uint64_t> find_directory(const Store& store) {
    constexpr std::size_t kMaxComment = 65535;
    const std::uint64_t size = store->size();
    std::vector<std::uint8_t> tail(static_cast<std::size_t>(std::min<std::uint64_t>(size, kEndBytes + kMaxComment)));
    store->read(size - tail.size(), tail.data(), tail.size());
    for (std::size_t at = tail.size(); at >= kEndBytes; --at) {
        const std::uint8_t* end = tail.data() + at - kEndBytes;
        if (little32(end) != kEnd) {
            continue;
        }
        const std::uint64_t place = size - tail.size() + at - kEndBytes;
        std::uint8_t locator[kLocatorBytes] = {};
        if (place >= kLocatorBytes) {
            store->read(place - kLocatorBytes, locator, kLocatorBytes);
        }
        if (little32(locator) != kLocator) {
            return {little32(end + 16), little32(end + 12)};
        }
        std::uint8_t end64[kEnd64Bytes] = {};
        store->read(little64(locator + 8), end64, kEnd64Bytes);
        if (little32(end64) != kEnd64) {
            bad_zip(store, "has no central directory where zip64 names it");
        }
        return {little64(end64 + 48), little64(end64 + 40)};
    }
    std::array<char, 2> start{};
    store->read(0, start.data(), std::min<std::uint64_t>(size, start.size()));
    if (start != std::array{'P', 'K'}) {
        throw DataError(
            fmt::format("{}: is named like a zip archive, but {}", store->path(), kind_text(store->path())));
    }
    bad_zip(store, "has no end of a central directory, as of a copy that was cut off");
}

/// Sizes beyond 32 bits stand in an extra field, those of them that the entry marks with all ones.
void read_zip64(std::span<const std::uint8_t> extra, ZipEntry& entry) {
    constexpr std::uint16_t kTag = 1;
    while (extra.size() >= 4) {
        const std::size_t length = little16(&extra[2]);
        if (length > extra.size() - 4) {
            return;
        }
        std::span<const std::uint8_t> values = extra.subspan(4, length);
        for (std::uint64_t* value : {&entry.unpacked, &entry.packed, &entry.header}) {
            if (little16(extra.data()) == kTag && *value == 0xFFFFFFFFU && values.size() >= 8) {
                *value = little64(values.data());
                values = values.subspan(8);
            }
        }
        extra = extra.subspan(4 + length);
    }
}

std::vector<ZipEntry> read_directory(const Store& store) {
    const auto [offset, length] = find_directory(store);
    if (length > kMaxDirectory || offset > store->size() || length > store->size() - offset) {
        bad_zip(store, "its central directory leaves the file");
    }
    std::vector<std::uint8_t> bytes(static_cast<std::size_t>(length));
    store->read(offset, bytes.data(), bytes.size());
    std::vector<ZipEntry> entries;
    for (std::span<const std::uint8_t> rest = bytes; !rest.empty();) {
        if (rest.size() < kEntryBytes || little32(rest.data()) != kEntry) {
            bad_zip(store, "its central directory cannot be read");
        }
        const std::size_t name = little16(&rest[28]);
        const std::size_t extra = little16(&rest[30]);
        const std::size_t whole = kEntryBytes + name + extra + little16(&rest[32]);
        if (whole > rest.size()) {
            bad_zip(store, "its central directory cannot be read");
        }
        ZipEntry entry{{rest.begin() + kEntryBytes, rest.begin() + static_cast<std::ptrdiff_t>(kEntryBytes + name)},
                       little16(&rest[8]),
                       little16(&rest[10]),
                       little32(&rest[16]),
                       little32(&rest[20]),
                       little32(&rest[24]),
                       little32(&rest[42])};
        read_zip64(rest.subspan(kEntryBytes + name, extra), entry);
        entries.push_back(std::move(entry));
        rest = rest.subspan(whole);
    }
    return entries;
}

/// Calls take(data, bytes) with the packed bytes of a member, step by step.
template <class Take> void each_step(const Store& store, std::uint64_t at, std::uint64_t bytes, Take&& take) {
    std::vector<std::uint8_t> step(static_cast<std::size_t>(std::min<std::uint64_t>(bytes, kStep)));
    while (bytes > 0) {
        const auto count = static_cast<std::size_t>(std::min<std::uint64_t>(bytes, step.size()));
        store->read(at, step.data(), count);
        take(step.data(), count);
        at += count;
        bytes -= count;
    }
}

/// Never grows beyond what the archive's bytes really unpack to, whatever it claims.
std::vector<std::uint8_t> inflate_member(const Store& store, const ZipEntry& entry, std::uint64_t at) {
    z_stream stream{};
    if (inflateInit2(&stream, -MAX_WBITS) != Z_OK) {
        throw IoError("zlib cannot start");
    }
    const std::unique_ptr<z_stream, int (*)(z_stream*)> closer(&stream, inflateEnd);
    std::vector<std::uint8_t> out;
    std::vector<std::uint8_t> unpacked(4 * kStep);
    int status = Z_OK;
    each_step(store, at, entry.packed, [&](std::uint8_t* data, std::size_t bytes) {
        stream.next_in = data;
        stream.avail_in = static_cast<uInt>(bytes);
        do { // The last bytes in may still unpack to many buffers.
            stream.next_out = unpacked.data();
            stream.avail_out = static_cast<uInt>(unpacked.size());
            status = status == Z_OK ? inflate(&stream, Z_NO_FLUSH) : status;
            out.insert(out.end(), unpacked.data(), stream.next_out);
        } while (status == Z_OK && (stream.avail_in > 0 || stream.avail_out == 0) && out.size() <= entry.unpacked);
        status = status == Z_BUF_ERROR ? Z_OK : status; // Nothing was left to unpack.
    });
    if (status != Z_STREAM_END || out.size() != entry.unpacked) {
        bad_zip(store, fmt::format("member {} cannot be unpacked", one_line(entry.name)));
    }
    return out;
}

ZipMember open_member(const Store& store, const ZipEntry& entry) {
    std::uint8_t local[kLocalBytes] = {};
    const std::uint64_t size = store->size();
    const bool there = entry.header <= size && size - entry.header >= kLocalBytes;
    if (there) {
        store->read(entry.header, local, kLocalBytes);
    }
    const std::uint64_t data = entry.header + kLocalBytes + little16(local + 26) + little16(local + 28);
    if (!there || little32(local) != kLocal || data > size || entry.packed > size - data) {
        bad_zip(store, fmt::format("member {} leaves the file", one_line(entry.name)));
    }
    if ((entry.flags & 1U) != 0 || (entry.method != 0 && entry.method != Z_DEFLATED)) {
        throw DataError(fmt::format("{}: member {} is encrypted or not packed by deflate; save it with numpy.savez",
                                    store->path(), one_line(entry.name)));
    }
    ZipMember member{entry.name, store, data, entry.packed};
    uLong crc = crc32(0, nullptr, 0);
    if (entry.method == Z_DEFLATED) {
        std::vector<std::uint8_t> bytes = inflate_member(store, entry, data);
        crc = crc32_z(crc, bytes.data(), bytes.size());
        member.bytes = bytes.size();
        member.offset = 0;
        member.store = std::make_shared<const ByteStore>(store->path(), std::move(bytes));
    } else {
        each_step(store, data, entry.packed,
                  [&](const std::uint8_t* bytes, std::size_t count) { crc = crc32_z(crc, bytes, count); });
    }
    if (crc != entry.crc) {
        bad_zip(store, fmt::format("the checksum of member {} differs", one_line(entry.name)));
    }
    return member;
}

} // namespace

ZipFile::ZipFile(const std::string& path)
    : store_(std::make_shared<const ByteStore>(FileBytes(path))), entries_(read_directory(store_)) {}

std::vector<std::string> ZipFile::names() const {
    std::vector<std::string> names;
    names.reserve(entries_.size());
    for (const ZipEntry& entry : entries_) {
        names.push_back(entry.name);
    }
    return names;
}

ZipMember ZipFile::open(std::size_t number) const {
    return open_member(store_, entries_.at(number));
}

} // namespace tacit::shards
