// SPDX-License-Identifier: Apache-2.0
#include "pipeline/shards/hdf5/virtual/virtual_mappings.hpp"

#include "pipeline/base/error.hpp"

#include <fmt/format.h>

namespace tacit::shards::h5 {
namespace {

constexpr ssize_t kMaxNameBytes = 4096;

using NameGetter = ssize_t (*)(hid_t, std::size_t, char*, std::size_t);

/// %% is a percent sign; %b would be the number of a block.
std::string without_escapes(const std::string& name, const std::string& where) {
    std::string plain;
    for (std::size_t i = 0; i < name.size(); ++i) {
        if (name[i] == '%' && ++i < name.size() && name[i] != '%') {
            throw DataError(
                fmt::format("{}: this virtual data set names its parts by a pattern, {}; name the files with a "
                            "pattern in data.path instead",
                            where, name));
        }
        plain += i < name.size() ? name[i] : '%';
    }
    return plain;
}

std::string mapped_name(NameGetter get, hid_t properties, std::size_t index, const std::string& where) {
    const ssize_t size = get(properties, index, nullptr, 0);
    if (size <= 0 || size > kMaxNameBytes) {
        throw DataError(
            fmt::format("{}: mapping {} of this virtual data set has a name of {} bytes", where, index, size));
    }
    std::string name(static_cast<std::size_t>(size) + 1, '\0');
    get(properties, index, name.data(), name.size());
    name.resize(static_cast<std::size_t>(size));
    return without_escapes(name, where);
}

void skip_many(MetadataBlock& block, std::uint64_t count, std::uint64_t bytes) {
    if (count > block.left() / bytes) {
        throw DataError("has mappings that claim more than there is; the file is damaged");
    }
    block.skip(static_cast<std::size_t>(count * bytes));
}

void skip_name(MetadataBlock& block) {
    while (block.u8() != 0) {
    }
}

std::uint64_t read_rank(MetadataBlock& block) {
    const std::uint32_t rank = block.u32();
    if (rank < 1 || rank > H5S_MAX_RANK) {
        throw DataError(fmt::format("has a mapping of {} dimensions; the file is damaged", rank));
    }
    return rank;
}

/// Bytes of a number in newer selections.
std::uint64_t read_width(MetadataBlock& block) {
    const std::uint8_t bytes = block.u8();
    if (bytes != 2 && bytes != 4 && bytes != 8) {
        throw DataError(fmt::format("has a mapping in numbers of {} bytes; the file is damaged", bytes));
    }
    return bytes;
}

void skip_points(MetadataBlock& block) {
    constexpr std::size_t kReserved = 8; // and the length
    std::uint64_t width = 4;
    if (block.u32() == 1) {
        block.skip(kReserved);
    } else {
        width = read_width(block);
    }
    const std::uint64_t rank = read_rank(block);
    skip_many(block, block.number(static_cast<std::size_t>(width)), rank * width);
}

void skip_hyperslab(MetadataBlock& block) {
    constexpr std::size_t kReserved = 8;
    constexpr std::uint8_t kRegular = 1;
    const std::uint32_t version = block.u32();
    bool regular = false;
    std::uint64_t width = 4;
    if (version == 1) {
        block.skip(kReserved);
    } else {
        regular = (block.u8() & kRegular) != 0;
        width = version == 2 ? 8 : read_width(block);
        block.skip(version == 2 ? 4 : 0); // the length
    }
    const std::uint64_t rank = read_rank(block);
    const std::uint64_t blocks = regular ? 2 : block.number(static_cast<std::size_t>(width));
    skip_many(block, blocks, 2 * rank * width);
}

void skip_selection(MetadataBlock& block) {
    constexpr std::size_t kVersionAndReserved = 12;
    switch (const std::uint32_t kind = block.u32()) {
    case H5S_SEL_NONE:
    case H5S_SEL_ALL:
        block.skip(kVersionAndReserved);
        return;
    case H5S_SEL_POINTS:
        return skip_points(block);
    case H5S_SEL_HYPERSLABS:
        return skip_hyperslab(block);
    default:
        throw DataError(fmt::format("has a mapping of an unknown kind {}; the file is damaged", kind));
    }
}

} // namespace

std::vector<Mapping> mappings_of(hid_t dataset, const std::string& where) {
    const Handle properties = checked(H5Dget_create_plist(dataset), where);
    std::vector<Mapping> mappings;
    if (H5Pget_layout(properties.get()) != H5D_VIRTUAL) {
        return mappings;
    }
    std::size_t count = 0;
    if (H5Pget_virtual_count(properties.get(), &count) < 0) {
        throw DataError(fmt::format("{}: its mappings cannot be read: {}", where, reason()));
    }
    for (std::size_t i = 0; i < count; ++i) {
        Mapping& mapping = mappings.emplace_back();
        mapping.target = checked(H5Pget_virtual_vspace(properties.get(), i), where);
        mapping.source = checked(H5Pget_virtual_srcspace(properties.get(), i), where);
        mapping.file = mapped_name(H5Pget_virtual_filename, properties.get(), i, where);
        mapping.dataset = mapped_name(H5Pget_virtual_dsetname, properties.get(), i, where);
    }
    return mappings;
}

void check_mappings(MetadataBlock block) {
    if (const std::uint8_t version = block.u8(); version != 0) {
        throw DataError(fmt::format("has mappings of version {}, which this version does not know", version));
    }
    for (std::uint64_t left = block.u64(); left > 0; --left) {
        skip_name(block);      // of the file
        skip_name(block);      // of the data set
        skip_selection(block); // of the source
        skip_selection(block); // of the virtual data set
    }
    block.expect_checksum();
}

} // namespace tacit::shards::h5
