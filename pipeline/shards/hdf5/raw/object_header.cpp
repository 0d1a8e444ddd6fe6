// SPDX-License-Identifier: Apache-2.0
#include "pipeline/shards/hdf5/raw/object_header.hpp"

#include "pipeline/base/error.hpp"

#include <deque>

namespace tacit::shards::h5 {
namespace {

constexpr std::uint16_t kContinuation = 0x0010;
constexpr std::size_t kMaxBlocks = 1024;
constexpr std::uint64_t kChecksumBytes = 4;

struct Place {
    std::uint64_t address = 0;
    std::uint64_t bytes = 0;
};

/// How the messages of a header are written.
struct Format {
    bool old = true;      ///< version 1
    bool ordered = false; ///< each message says when it was made
    std::size_t prefix() const { return old ? 8 : ordered ? 6 : 4; }
};

/// Reads one block of messages, which begins at `address`; continuations are added to `more`.
std::optional<Message> search(MetadataBlock& block, std::uint64_t address, std::size_t end, const Format& format,
                              std::uint16_t type, std::deque<Place>& more) {
    while (block.place() + format.prefix() <= end) {
        const std::uint16_t found = format.old ? block.u16() : block.u8();
        const std::uint16_t bytes = block.u16();
        block.skip(1 + (format.old ? 3 : format.ordered ? 2 : 0)); // flags and what follows them
        if (bytes > end - block.place()) {
            throw DataError("has an object header whose messages do not fit in it; the file is damaged");
        }
        const std::uint64_t at = address + block.place();
        const std::uint8_t* data = block.take(bytes);
        Message message{MetadataBlock({data, data + bytes}), at, address, format.old ? 0 : end};
        if (found == kContinuation) {
            const std::uint64_t next = message.u64();
            more.push_back({next, message.u64()});
        } else if (found == type) {
            return message;
        }
    }
    return std::nullopt;
}

/// The blocks after the first one.
std::optional<Message> search_more(const MetadataFile& file, const Format& format, std::uint16_t type,
                                   std::deque<Place>& more) {
    for (std::size_t blocks = 0; !more.empty(); ++blocks) {
        if (blocks == kMaxBlocks) {
            throw DataError("has an object header without an end; the file is damaged");
        }
        const Place place = more.front();
        more.pop_front();
        MetadataBlock block = file.read(place.address, place.bytes);
        std::size_t end = block.left();
        if (!format.old) {
            block.expect("OCHK");
            if (block.left() < kChecksumBytes) {
                throw DataError("has a piece of an object header that is too short; the file is damaged");
            }
            end -= kChecksumBytes;
        }
        auto message = search(block, place.address, end, format, type, more);
        if (!format.old) {
            block.skip(end - block.place());
            block.expect_checksum();
        }
        if (message) {
            return message;
        }
    }
    return std::nullopt;
}

std::optional<Message> search_version_2(const MetadataFile& file, std::uint64_t address, std::uint16_t type) {
    constexpr std::uint64_t kMaxPrefix = 34;
    constexpr std::uint8_t kSizeOfSize = 0x03;
    constexpr std::uint8_t kOrdered = 0x04;
    constexpr std::uint8_t kPhases = 0x10;
    constexpr std::uint8_t kTimes = 0x20;
    MetadataBlock prefix = file.read_up_to(address, kMaxPrefix);
    prefix.expect("OHDR");
    if (prefix.u8() != 2) {
        return std::nullopt;
    }
    const std::uint8_t flags = prefix.u8();
    prefix.skip(((flags & kTimes) != 0 ? 16 : 0) + ((flags & kPhases) != 0 ? 4 : 0));
    const std::uint64_t bytes = prefix.number(std::size_t{1} << (flags & kSizeOfSize));
    const std::size_t begin = prefix.place();
    MetadataBlock block = file.read(address, bytes > 1U << 26 ? bytes : begin + bytes + kChecksumBytes);
    block.skip(begin);
    const auto end = static_cast<std::size_t>(begin + bytes);
    const Format format{false, (flags & kOrdered) != 0};
    std::deque<Place> more;
    auto message = search(block, address, end, format, type, more);
    block.skip(end - block.place());
    block.expect_checksum();
    return message ? std::move(message) : search_more(file, format, type, more);
}

} // namespace

std::optional<std::uint64_t> header_address(hid_t place, const std::string& name) {
#if H5_VERSION_GE(1, 12, 0)
    H5L_info1_t link{};
    const bool linked = H5Lget_info1(place, name.c_str(), &link, H5P_DEFAULT) >= 0;
#else
    H5L_info_t link{};
    const bool linked = H5Lget_info(place, name.c_str(), &link, H5P_DEFAULT) >= 0;
#endif
    if (linked && link.type == H5L_TYPE_HARD) {
        return link.u.address;
    }
    ObjectInfo info{};
    const bool known = H5Oget_info_by_name2(place, name.c_str(), &info, H5O_INFO_BASIC, H5P_DEFAULT) >= 0;
    return known ? std::optional<std::uint64_t>(info.addr) : std::nullopt;
}

std::optional<Message> find_message(const MetadataFile& file, std::uint64_t address, std::uint16_t type) {
    constexpr std::uint64_t kPrefix = 16;
    MetadataBlock prefix = file.read(address, kPrefix);
    const std::uint8_t version = prefix.u8();
    if (version == 'O') {
        return search_version_2(file, address, type);
    }
    if (version != 1) {
        return std::nullopt;
    }
    prefix.skip(7); // number of messages, references
    const std::uint64_t bytes = prefix.u32();
    MetadataBlock block = file.read(address + kPrefix, bytes);
    std::deque<Place> more;
    if (auto message = search(block, address + kPrefix, block.left(), {}, type, more)) {
        return message;
    }
    return search_more(file, {}, type, more);
}

} // namespace tacit::shards::h5
