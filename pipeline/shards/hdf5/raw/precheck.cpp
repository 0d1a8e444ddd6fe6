// SPDX-License-Identifier: Apache-2.0
#include "pipeline/shards/hdf5/raw/precheck.hpp"

#include "pipeline/base/error.hpp"
#include "pipeline/shards/hdf5/raw/heap_items.hpp"
#include "pipeline/shards/hdf5/raw/object_header.hpp"
#include "pipeline/shards/hdf5/raw/older_view.hpp"
#include "pipeline/shards/hdf5/virtual/virtual_mappings.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

namespace tacit::shards::h5 {
namespace {

constexpr std::uint64_t kUndefined = ~std::uint64_t{0};
constexpr std::uint8_t kNewestSuperblock = 3;

/// The heap of the names in an old group (HDF5 File Format Specification, III.D).
void check_names(const MetadataFile& file, std::uint64_t address, std::uint64_t file_bytes) {
    MetadataBlock heap = file.read(address, 32);
    heap.expect("HEAP");
    heap.skip(4);
    const std::uint64_t bytes = heap.u64();
    heap.skip(8); // free list
    const std::uint64_t begin = heap.u64();
    if (bytes > file_bytes || begin > file_bytes - bytes) {
        throw DataError(fmt::format("claims {} bytes of names at byte {} of a file of {}; the file is damaged", bytes,
                                    begin, file_bytes));
    }
}

} // namespace

std::optional<std::uint64_t> superblock_of(const FileBytes& file) {
    constexpr std::uint64_t kFirst = 512;
    constexpr std::uint64_t kSignature = 0x0a1a0a0d46444889; // "\x89HDF\r\n\x1a\n"
    for (std::uint64_t at = 0; at + sizeof(kSignature) <= file.size(); at = std::max(kFirst, 2 * at)) {
        std::uint64_t bytes = 0;
        file.read(at, &bytes, sizeof(bytes));
        if (bytes == kSignature) {
            return at;
        }
    }
    return std::nullopt;
}

std::optional<int> check_superblock(const FileBytes& file) {
    constexpr std::uint64_t kBytes = 100; // of versions 0 and 1 up to the root group
    constexpr std::size_t kVersionPlace = 8;
    constexpr std::uint64_t kMostDriverBytes = 1024;
    const std::optional<std::uint64_t> at = superblock_of(file);
    if (!at) {
        return std::nullopt;
    }
    MetadataBlock block = MetadataFile(file, *at).read_up_to(0, kBytes);
    block.skip(kVersionPlace);
    const std::uint8_t version = block.u8();
    const bool old = version < 2;
    block.skip(old ? 4 : 0);                              // versions of other structures
    if (version > kNewestSuperblock || block.u8() != 8) { // bytes of an address
        return version;
    }
    block.skip(old ? (version == 0 ? 26 : 30) : 18); // up to the end of the file: base, free space or extension
    if (const std::uint64_t end = block.u64(); end > file.size()) {
        throw DataError(
            fmt::format("is an HDF5 file of {} bytes that ends after {}; copy or download it again", end, file.size()));
    }
    const std::uint64_t driver = old ? block.u64() : kUndefined;
    if (driver != kUndefined) {
        MetadataBlock information = MetadataFile(file, *at).read(driver, 8);
        information.skip(4);
        if (const std::uint32_t bytes = information.u32(); bytes > kMostDriverBytes) {
            throw DataError(fmt::format("claims {} bytes of driver information; the file is damaged", bytes));
        }
    }
    return version;
}

void check_object(hid_t group, const std::string& name, const FileBytes& file) {
    constexpr std::uint16_t kSymbolTable = 0x0011;
    constexpr std::uint8_t kVirtual = 3;
    const std::optional<std::uint64_t> base = base_address(group);
    const std::optional<std::uint64_t> header = header_address(group, name);
    if (!base || !header) {
        return; // opening the object will tell
    }
    const MetadataFile metadata(file, *base);
    if (std::optional<Message> table = find_message(metadata, *header, kSymbolTable)) {
        table->skip(8); // B-tree
        check_names(metadata, table->u64(), file.size());
    }
    std::optional<Message> message = find_message(metadata, *header, kLayoutMessage);
    if (!message) {
        return;
    }
    const Message whole = *message;
    const std::uint8_t version = message->u8();
    if (version == kNewerLayout) {
        show_older_layout(group, metadata, whole);
    }
    if (version < 4 || version > kNewerLayout || message->u8() != kVirtual) {
        return;
    }
    const std::uint64_t address = message->u64();
    if (address != kUndefined) {
        if (address > file.size() || *base > file.size() - address) {
            throw DataError(
                fmt::format("has mappings at byte {} of a file of {}; the file is damaged", address, file.size()));
        }
        check_mappings(read_heap_object(file, *base + address, message->u32()));
    }
}

Handle open_object(hid_t group, const std::string& name, const FileBytes& file, const std::string& where) {
    blaming(where, [&] { check_object(group, name, file); });
    return checked(H5Oopen(group, name.c_str(), H5P_DEFAULT), where);
}

void check_type(hid_t type, const std::string& where) {
    constexpr std::size_t kMostBytes = 16; // long double
    const std::size_t bytes = H5Tget_size(type);
    const H5T_class_t kind = H5Tget_class(type);
    for (unsigned i = 0; kind == H5T_COMPOUND && i < static_cast<unsigned>(H5Tget_nmembers(type)); ++i) {
        const Handle field(H5Tget_member_type(type, i));
        const std::size_t begin = H5Tget_member_offset(type, i);
        const std::size_t width = H5Tget_size(field.get());
        if (width > bytes || begin > bytes - width) {
            throw DataError(
                fmt::format("{}: its field {} of {} bytes begins at byte {} of rows of {}; the file is damaged", where,
                            i + 1, width, begin, bytes));
        }
        check_type(field.get(), where);
    }
    if (kind != H5T_INTEGER && kind != H5T_FLOAT && kind != H5T_ENUM) {
        return;
    }
    const Handle base(kind == H5T_ENUM ? H5Tget_super(type) : H5Tcopy(type));
    const int offset = H5Tget_offset(base.get());
    const std::size_t bits = H5Tget_precision(base.get());
    if (bytes == 0 || bytes > kMostBytes || offset < 0 || bits == 0 || bits > 8 * bytes ||
        static_cast<std::size_t>(offset) > 8 * bytes - bits) {
        throw DataError(
            fmt::format("{}: holds numbers of {} bits in {} bytes; the file is damaged", where, bits, bytes));
    }
}

void check_text_heap(hid_t dataset) {
    const Handle properties(H5Dget_create_plist(dataset));
    if (!base_address(dataset) || dimensions(dataset).size() != 1 || H5Pget_layout(properties.get()) == H5D_COMPACT) {
        return;
    }
    find_heap_items(dataset, FileBytes(path_of(dataset)), name_of(dataset));
}

bool may_be_opened(hid_t group, const std::string& name) {
    try {
        check_object(group, name, FileBytes(path_of(group)));
        return true;
    } catch (const Error&) {
        return false;
    }
}

} // namespace tacit::shards::h5
