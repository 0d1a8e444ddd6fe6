// SPDX-License-Identifier: Apache-2.0
#include "pipeline/shards/hdf5/precheck.hpp"

#include "pipeline/base/error.hpp"
#include "pipeline/shards/hdf5/heap_items.hpp"
#include "pipeline/shards/hdf5/mapping_block.hpp"
#include "pipeline/shards/hdf5/object_header.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

namespace tacit::shards::h5 {
namespace {

constexpr std::uint64_t kUndefined = ~std::uint64_t{0};

/// What H5Fget_name and the like tell of an object.
template <class Get> std::string text_of(hid_t object, const Get& get) {
    const ssize_t size = get(object, nullptr, 0);
    std::string name(static_cast<std::size_t>(std::max<ssize_t>(size, 0)) + 1, '\0');
    get(object, name.data(), name.size());
    name.pop_back();
    return name;
}

/// Byte of the superblock: 0, 512, 1024, 2048 and so on; nullopt: there is none.
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

void check_superblock(const FileBytes& file) {
    constexpr std::uint64_t kBytes = 100; // of versions 0 and 1 up to the root group
    constexpr std::size_t kVersionPlace = 8;
    constexpr std::uint64_t kMostDriverBytes = 1024;
    const std::optional<std::uint64_t> at = superblock_of(file);
    if (!at) {
        return;
    }
    MetadataBlock block = MetadataFile(file, *at).read_up_to(0, kBytes);
    block.skip(kVersionPlace);
    const std::uint8_t version = block.u8();
    if (version > 1) {
        return;
    }
    block.skip(4); // versions of other structures
    const std::size_t address_bytes = block.u8();
    block.skip(version == 0 ? 10 : 14);
    if (address_bytes != 8) {
        return;
    }
    block.skip(24); // base, free space, end of file
    const std::uint64_t driver = block.u64();
    if (driver == kUndefined) {
        return;
    }
    MetadataBlock information = MetadataFile(file, *at).read(driver, 8);
    information.skip(4);
    if (const std::uint32_t bytes = information.u32(); bytes > kMostDriverBytes) {
        throw DataError(fmt::format("claims {} bytes of driver information; the file is damaged", bytes));
    }
}

void check_object(hid_t group, const std::string& name, const FileBytes& file) {
    constexpr std::uint16_t kLayoutMessage = 0x0008;
    constexpr std::uint16_t kSymbolTable = 0x0011;
    constexpr std::uint8_t kVirtual = 3;
    ObjectInfo info{};
    const std::optional<std::uint64_t> base = base_address(group);
    if (!base || H5Oget_info_by_name2(group, name.c_str(), &info, H5O_INFO_BASIC, H5P_DEFAULT) < 0) {
        return; // opening the object will tell
    }
    const MetadataFile metadata(file, *base);
    if (std::optional<MetadataBlock> table = find_message(metadata, info.addr, kSymbolTable)) {
        table->skip(8); // B-tree
        check_names(metadata, table->u64(), file.size());
    }
    std::optional<MetadataBlock> message = find_message(metadata, info.addr, kLayoutMessage);
    if (!message || message->u8() != 4 || message->u8() != kVirtual) {
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

void check_number(hid_t type, const std::string& where) {
    constexpr std::size_t kMostBytes = 16; // long double
    const std::size_t bytes = H5Tget_size(type);
    const H5T_class_t kind = H5Tget_class(type);
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
    find_heap_items(dataset, FileBytes(text_of(dataset, H5Fget_name)), text_of(dataset, H5Iget_name));
}

bool may_be_opened(hid_t group, const std::string& name) {
    try {
        check_object(group, name, FileBytes(text_of(group, H5Fget_name)));
        return true;
    } catch (const Error&) {
        return false;
    }
}

} // namespace tacit::shards::h5
