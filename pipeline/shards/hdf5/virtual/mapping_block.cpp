// SPDX-License-Identifier: Apache-2.0
#include "pipeline/shards/hdf5/virtual/mapping_block.hpp"

#include "pipeline/base/error.hpp"

#include <fmt/format.h>

namespace tacit::shards::h5 {
namespace {

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
