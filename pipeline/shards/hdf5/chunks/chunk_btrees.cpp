// SPDX-License-Identifier: Apache-2.0
#include "pipeline/base/error.hpp"
#include "pipeline/shards/hdf5/chunks/chunk_walks.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <bit>

namespace tacit::shards::h5 {
namespace {

constexpr unsigned kMaxLevels = 32; ///< more than any grid of chunks needs, with two children a node

/// An entry of a leaf of version 1: length and mask of a chunk, its first element, and where it is.
void put_entry(const ChunkWalk& walk, MetadataBlock& body) {
    const std::uint32_t bytes = body.u32();
    const std::uint32_t mask = body.u32();
    std::vector<std::uint64_t> place;
    place.reserve(walk.rank());
    for (const std::uint64_t extent : walk.chunk()) {
        const std::uint64_t element = body.u64();
        if (element % extent != 0) {
            throw DataError("has a chunk that begins inside of another; the file is damaged");
        }
        place.push_back(element / extent);
    }
    body.skip(8); // of the bytes of an element: always 0
    walk.put_at(place, body.u64(), bytes, mask);
}

/// A node of a version 1 B-tree whose keys are chunks (HDF5 File Format Specification, III.A.1), and those below it.
/// `level`: that it must have; -1: the root.
void visit(const ChunkWalk& walk, std::uint64_t address, unsigned levels_left, int level) {
    constexpr std::uint64_t kHeader = 24;
    constexpr std::uint8_t kRawDataChunks = 1;
    MetadataBlock header = walk.file().read(address, kHeader);
    header.expect("TREE");
    const std::uint8_t type = header.u8();
    const std::uint8_t found_level = header.u8();
    const std::uint16_t entries = header.u16();
    const bool root = level < 0;
    if (type != kRawDataChunks || (!root && (found_level != level || entries == 0)) || levels_left == 0) {
        throw DataError(fmt::format("has a chunk index that is damaged at byte {}; restore the file", address));
    }
    const std::uint64_t key = 8 + 8 * (walk.rank() + 1);
    MetadataBlock body = walk.file().read(address + kHeader, entries * (key + 8));
    for (std::uint16_t i = 0; i < entries; ++i) {
        if (found_level == 0) {
            put_entry(walk, body);
        } else {
            body.skip(static_cast<std::size_t>(key));
            visit(walk, body.u64(), levels_left - 1, found_level - 1);
        }
    }
}

/// Bytes that hold any number up to `most`, as libhdf5 counts them.
std::size_t bytes_for(std::uint64_t most) {
    return static_cast<std::size_t>(std::bit_width(most) - 1) / 8 + 1;
}

/// A version 2 B-tree of chunks (HDF5 File Format Specification, III.A.2; record types 10 and 11).
class BTree2 {
  public:
    BTree2(const ChunkWalk& walk, std::uint64_t address) : walk_(walk) {
        constexpr std::uint64_t kHeader = 38;
        constexpr std::uint8_t kFiltered = 11;
        MetadataBlock header = walk.file().read(address, kHeader);
        header.expect("BTHD");
        header.skip(1);
        type_ = header.u8();
        filtered_ = type_ == kFiltered;
        const std::uint32_t node_bytes = header.u32();
        record_bytes_ = header.u16();
        depth_ = header.u16();
        header.skip(2); // percent of filling
        root_ = header.u64();
        root_records_ = header.u16();
        header.skip(8);
        header.expect_checksum();
        const std::uint64_t fixed = 8 + 8 * walk.rank() + (filtered_ ? 4 : 0);
        length_bytes_ = record_bytes_ > fixed ? static_cast<std::size_t>(record_bytes_ - fixed) : 0;
        if ((type_ != kFiltered && type_ != kFiltered - 1) || depth_ > kMaxLevels || record_bytes_ < fixed ||
            length_bytes_ > 8 || filtered_ == (length_bytes_ == 0) || node_bytes < kNodePrefix + record_bytes_) {
            throw DataError("has a chunk index that is damaged; restore the file");
        }
        size_nodes(node_bytes);
    }

    void visit() const {
        if (root_records_ > 0) {
            visit(root_, root_records_, depth_);
        }
    }

  private:
    static constexpr std::uint64_t kNodePrefix = 10; ///< signature, version, type, checksum

    /// Widths of the numbers of records that stand beside the address of a child of each level.
    void size_nodes(std::uint32_t node_bytes) {
        std::uint64_t most = (node_bytes - kNodePrefix) / record_bytes_;
        std::uint64_t below = most;
        count_bytes_ = bytes_for(most);
        total_bytes_.push_back(0);
        for (unsigned level = 1; level <= depth_; ++level) {
            const std::uint64_t pointer = 8 + count_bytes_ + total_bytes_.back();
            if (node_bytes < kNodePrefix + pointer + record_bytes_ + pointer) {
                throw DataError("has a chunk index that is damaged; restore the file");
            }
            most = (node_bytes - kNodePrefix - pointer) / (record_bytes_ + pointer);
            below = below > (kUndefinedAddress - most) / (most + 1) ? kUndefinedAddress : (most + 1) * below + most;
            total_bytes_.push_back(bytes_for(below));
        }
    }

    void visit(std::uint64_t address, std::uint64_t records, unsigned level) const {
        const std::uint64_t pointer = level == 0 ? 0 : 8 + count_bytes_ + total_bytes_[level - 1];
        MetadataBlock node = walk_.file().read(address, kNodePrefix + records * record_bytes_ +
                                                            (level == 0 ? 0 : records + 1) * pointer);
        node.expect(level == 0 ? "BTLF" : "BTIN");
        node.skip(1);
        if (node.u8() != type_ || records == 0) {
            throw DataError(fmt::format("has a chunk index that is damaged at byte {}; restore the file", address));
        }
        for (std::uint64_t i = 0; i < records; ++i) {
            put(node);
        }
        struct Child {
            std::uint64_t address;
            std::uint64_t records;
        };
        std::vector<Child> children;
        for (std::uint64_t i = 0; level > 0 && i <= records; ++i) {
            const std::uint64_t at = node.u64();
            children.push_back({at, node.number(count_bytes_)});
            node.skip(total_bytes_[level - 1]);
        }
        node.expect_checksum();
        for (const Child& child : children) {
            visit(child.address, child.records, level - 1);
        }
    }

    void put(MetadataBlock& node) const {
        const std::uint64_t address = node.u64();
        const std::uint64_t bytes = filtered_ ? node.number(length_bytes_) : walk_.chunk_bytes();
        const std::uint32_t mask = filtered_ ? node.u32() : 0;
        std::vector<std::uint64_t> place(walk_.rank());
        for (std::uint64_t& step : place) {
            step = node.u64();
        }
        walk_.put_at(place, address, bytes, mask);
    }

    const ChunkWalk& walk_;
    std::uint8_t type_ = 0;
    bool filtered_ = false;
    std::uint64_t record_bytes_ = 0;
    std::size_t length_bytes_ = 0;
    unsigned depth_ = 0;
    std::uint64_t root_ = 0;
    std::uint64_t root_records_ = 0;
    std::size_t count_bytes_ = 0;          ///< of the number of records in a node
    std::vector<std::size_t> total_bytes_; ///< of the number of records below a node of each level
};

} // namespace

void walk_btree_1(const ChunkWalk& walk, std::uint64_t address) {
    visit(walk, address, kMaxLevels, -1);
}

void walk_btree_2(const ChunkWalk& walk, std::uint64_t address) {
    BTree2(walk, address).visit();
}

} // namespace tacit::shards::h5
