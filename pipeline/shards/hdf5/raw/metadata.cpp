// SPDX-License-Identifier: Apache-2.0
#include "pipeline/shards/hdf5/raw/metadata.hpp"

#include "pipeline/base/error.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cstring>

namespace tacit::shards::h5 {
namespace {

constexpr std::uint64_t kMaxBlockBytes = std::uint64_t{1} << 26;

} // namespace

std::uint32_t metadata_checksum(const std::uint8_t* data, std::size_t bytes) {
    constexpr std::uint32_t kStart = 0xdeadbeef;
    constexpr std::size_t kStep = 12;
    std::uint32_t a = kStart + static_cast<std::uint32_t>(bytes);
    std::uint32_t b = a;
    std::uint32_t c = a;
    const auto stir = [](std::uint32_t& to, std::uint32_t from, int bits) { to = (to ^ from) - std::rotl(from, bits); };
    const auto mix = [](std::uint32_t& to, std::uint32_t& from, std::uint32_t other, int bits) {
        to = (to - from) ^ std::rotl(from, bits);
        from += other;
    };
    for (std::size_t left = bytes; left > 0; data += kStep) {
        std::uint32_t words[3] = {};
        const std::size_t part = std::min(left, kStep);
        std::memcpy(words, data, part); // hosts of Tacit are little-endian
        a += words[0];
        b += words[1];
        c += words[2];
        left -= part;
        if (left == 0) {
            stir(c, b, 14);
            stir(a, c, 11);
            stir(b, a, 25);
            stir(c, b, 16);
            stir(a, c, 4);
            stir(b, a, 14);
            stir(c, b, 24);
            break;
        }
        mix(a, c, b, 4);
        mix(b, a, c, 6);
        mix(c, b, a, 8);
        mix(a, c, b, 16);
        mix(b, a, c, 19);
        mix(c, b, a, 4);
    }
    return c;
}

std::uint64_t MetadataBlock::number(std::size_t bytes) {
    std::uint64_t value = 0;
    std::memcpy(&value, take(bytes), bytes);
    return value;
}

void MetadataBlock::skip(std::size_t bytes) {
    take(bytes);
}

const std::uint8_t* MetadataBlock::take(std::size_t bytes) {
    if (bytes > left()) {
        throw DataError("has metadata that end early; the file is damaged");
    }
    const std::uint8_t* taken = bytes_.data() + at_;
    at_ += bytes;
    return taken;
}

void MetadataBlock::expect(std::string_view text) {
    if (std::memcmp(take(text.size()), text.data(), text.size()) != 0) {
        throw DataError(fmt::format("has no {} where one should be; the file is damaged", text));
    }
}

void MetadataBlock::expect_checksum() {
    const std::uint32_t expected = metadata_checksum(bytes_.data(), at_);
#ifdef FUZZING_BUILD_MODE_UNSAFE_FOR_PRODUCTION // else no fuzzer would come past the first checksum
    u32();
    static_cast<void>(expected);
#else
    if (u32() != expected) {
        throw DataError("has metadata whose checksum differs; the file is damaged");
    }
#endif
}

MetadataBlock MetadataFile::read(std::uint64_t address, std::uint64_t bytes) const {
    if (base_ > file_.size() || address > file_.size() - base_ || bytes > file_.size() - base_ - address ||
        bytes > kMaxBlockBytes) {
        throw DataError(fmt::format("has {} bytes of metadata at byte {} of a file of {}; the file is truncated or "
                                    "damaged",
                                    bytes, address, file_.size()));
    }
    std::vector<std::uint8_t> content(static_cast<std::size_t>(bytes));
    file_.read(base_ + address, content.data(), content.size());
    return MetadataBlock(std::move(content));
}

MetadataBlock MetadataFile::read_up_to(std::uint64_t address, std::uint64_t bytes) const {
    const bool inside = base_ <= file_.size() && address <= file_.size() - base_;
    return read(address, inside ? std::min(bytes, file_.size() - base_ - address) : bytes);
}

std::optional<std::uint64_t> base_address(hid_t object) {
    const Handle file(H5Iget_file_id(object));
    const Handle creation(H5Fget_create_plist(file.get()));
    std::size_t address_bytes = 0;
    std::size_t length_bytes = 0;
    hsize_t user_block = 0;
    const bool known = H5Pget_sizes(creation.get(), &address_bytes, &length_bytes) >= 0 && address_bytes == 8 &&
                       length_bytes == 8 && H5Pget_userblock(creation.get(), &user_block) >= 0;
    return known ? std::optional<std::uint64_t>(user_block) : std::nullopt;
}

} // namespace tacit::shards::h5
