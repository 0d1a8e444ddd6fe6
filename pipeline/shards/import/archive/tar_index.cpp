// SPDX-License-Identifier: Apache-2.0
#include "pipeline/shards/import/archive/tar_index.hpp"

#include "pipeline/base/error.hpp"
#include "pipeline/base/file_kind.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <string_view>
#include <utility>

namespace tacit::shards {
namespace {

constexpr std::size_t kBlock = 512;
constexpr std::uint64_t kMaxExtension = std::uint64_t{1} << 20; ///< of a long name or pax header

using Header = std::array<std::uint8_t, kBlock>;

/// What the headers before a file say about it.
struct Extension {
    std::string path;
    bool has_size = false;
    std::uint64_t size = 0;
};

[[noreturn]] void bad_tar(const FileBytes& file, std::uint64_t at, const std::string& what) {
    throw DataError(fmt::format("{}: byte {}: {}", file.path(), at, what));
}

std::string text_field(const Header& header, std::size_t at, std::size_t length) {
    const auto begin = header.begin() + static_cast<std::ptrdiff_t>(at);
    return {begin, std::find(begin, begin + static_cast<std::ptrdiff_t>(length), 0)};
}

/// Octal digits, or GNU's base-256 where the first bit is set.
std::uint64_t number_field(const FileBytes& file, std::uint64_t where, const Header& header, std::size_t at,
                           std::size_t length) {
    std::uint64_t value = 0;
    if ((header[at] & 0x80U) != 0) {
        for (std::size_t i = at + 1; i < at + length; ++i) {
            if (value >> 55U != 0) {
                bad_tar(file, where, "a header claims an impossible size");
            }
            value = value << 8U | header[i];
        }
        return value;
    }
    for (std::size_t i = at; i < at + length && header[i] != 0; ++i) {
        if (header[i] >= '0' && header[i] <= '7') {
            value = value * 8 + (header[i] - '0');
        } else if (header[i] != ' ') {
            bad_tar(file, where, "a header's number cannot be read; the archive is damaged");
        }
    }
    return value;
}

void check_sum(const FileBytes& file, std::uint64_t at, const Header& header) {
    constexpr std::size_t kPlace = 148;
    constexpr std::size_t kLength = 8;
    std::uint64_t sum = 0;
    for (std::size_t i = 0; i < kBlock; ++i) {
        sum += i >= kPlace && i < kPlace + kLength ? ' ' : header[i];
    }
    if (sum != number_field(file, at, header, kPlace, kLength)) {
        if (at == 0) {
            throw DataError(
                fmt::format("{}: is named like a tar archive, but {}", file.path(), kind_text(file.path())));
        }
        bad_tar(file, at, "is no tar header (its checksum differs); the archive is damaged or not a tar");
    }
}

std::string read_extension(const FileBytes& file, std::uint64_t at, std::uint64_t bytes) {
    if (bytes > kMaxExtension) {
        bad_tar(file, at, "an extended header claims an impossible size");
    }
    std::string text(static_cast<std::size_t>(bytes), '\0');
    file.read(at, text.data(), text.size());
    return text;
}

/// Records "LENGTH KEY=VALUE\n".
void read_pax(const FileBytes& file, std::uint64_t at, std::string_view records, Extension& extension) {
    while (!records.empty() && records[0] != '\0') {
        std::size_t length = 0;
        const auto [end, error] = std::from_chars(records.data(), records.data() + records.size(), length);
        const auto prefix = static_cast<std::size_t>(end - records.data());
        if (error != std::errc() || length > records.size() || length < prefix + 3) {
            bad_tar(file, at, "an extended header cannot be read; the archive is damaged");
        }
        const std::string_view record = records.substr(prefix + 1, length - prefix - 2);
        const std::size_t equal = std::min(record.find('='), record.size());
        const std::string_view value = record.substr(std::min(equal + 1, record.size()));
        if (record.substr(0, equal) == "path") {
            extension.path = value;
        } else if (record.substr(0, equal) == "size") {
            extension.has_size = true;
            if (std::from_chars(value.data(), value.data() + value.size(), extension.size).ec != std::errc()) {
                bad_tar(file, at, "an extended header's size cannot be read");
            }
        }
        records.remove_prefix(length);
    }
}

std::string name_of(const Header& header) {
    constexpr std::size_t kName = 100;
    constexpr std::size_t kPrefixPlace = 345;
    constexpr std::size_t kPrefix = 155;
    const std::string prefix =
        text_field(header, 257, 6) == "ustar" ? text_field(header, kPrefixPlace, kPrefix) : std::string();
    const std::string name = text_field(header, 0, kName);
    return prefix.empty() ? name : prefix + "/" + name;
}

} // namespace

std::vector<TarMember> index_tar(const FileBytes& file, std::vector<std::string>* special) {
    if (file.size() < kBlock) {
        throw DataError(fmt::format("{}: is named like a tar archive, but {}", file.path(), kind_text(file.path())));
    }
    std::vector<TarMember> members;
    Extension extension;
    Header header{};
    for (std::uint64_t at = 0; at + kBlock <= file.size();) {
        file.read(at, header.data(), kBlock);
        if (std::all_of(header.begin(), header.end(), [](std::uint8_t byte) { return byte == 0; })) {
            return members;
        }
        check_sum(file, at, header);
        const char type = static_cast<char>(header[156]);
        const bool regular = type == '0' || type == '\0' || type == '7';
        std::uint64_t bytes = number_field(file, at, header, 124, 12);
        bytes = regular && extension.has_size ? extension.size : bytes;
        const std::uint64_t data = at + kBlock;
        if (bytes > file.size() - data) {
            bad_tar(file, at, "the archive ends within the file of this header; it was cut off");
        }
        if (type == 'L') {
            const std::string name = read_extension(file, data, bytes);
            extension.path = name.substr(0, name.find('\0'));
        } else if (type == 'x') {
            read_pax(file, at, read_extension(file, data, bytes), extension);
        } else if (type != 'K' && type != 'g') {
            std::string name = extension.path.empty() ? name_of(header) : extension.path;
            if (regular) {
                members.push_back({std::move(name), data, bytes});
            } else if (type != '5' && special != nullptr) { // 5: a folder
                special->push_back(std::move(name));
            }
            extension = {};
        }
        at = data + (bytes + kBlock - 1) / kBlock * kBlock;
    }
    // The two empty blocks of the end are often missing where archives were cut at a file's boundary.
    bad_tar(file, file.size(), "the archive has no end; it was cut off");
}

} // namespace tacit::shards
