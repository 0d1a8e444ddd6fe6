// SPDX-License-Identifier: Apache-2.0
#include "pipeline/shards/hdf5/chunks/chunk_entries.hpp"

#include <algorithm>
#include <bit>
#include <optional>

namespace tacit::shards::h5 {
namespace {

/// HDF5 File Format Specification, "Extensible Array Index": the first entries stand in an index block, later ones in
/// data blocks that double in size every second level, whose addresses stand in the index block and, later still, in
/// super blocks.
class ExtensibleArray {
  public:
    ExtensibleArray(const ChunkWalk& walk, std::uint64_t address) : walk_(walk), header_address_(address) {
        constexpr std::uint64_t kHeader = 72;
        MetadataBlock header = walk.file().read(address, kHeader);
        header.expect("EAHD");
        header.skip(1);
        const bool filtered = header.u8() == 1;
        const std::uint8_t entry_bytes = header.u8();
        const std::uint8_t count_bits = header.u8();
        direct_ = header.u8();
        smallest_ = header.u8();
        const std::uint8_t pointers = header.u8();
        const std::uint8_t page_bits = header.u8();
        header.skip(48); // statistics
        index_ = header.u64();
        header.expect_checksum();
        constexpr unsigned kMaxBits = 64;
        if (count_bits == 0 || count_bits > kMaxBits || page_bits >= 32 || !std::has_single_bit(smallest_) ||
            !std::has_single_bit(pointers) || std::bit_width(smallest_) > count_bits) {
            damaged_chunk_index();
        }
        offset_bytes_ = (count_bits + 7U) / 8U;
        page_ = std::uint64_t{1} << page_bits;
        const unsigned levels = 1U + count_bits - (static_cast<unsigned>(std::bit_width(smallest_)) - 1U);
        indexed_levels_ = 2U * (static_cast<unsigned>(std::bit_width(pointers)) - 1U);
        data_blocks_ = 2U * (pointers - 1U);
        super_blocks_ = levels > indexed_levels_ ? levels - indexed_levels_ : 0;
        entries_.emplace(walk, entry_bytes, filtered);
    }

    void walk(std::size_t first) {
        if (index_ == kUndefinedAddress) {
            return;
        }
        read_index();
        walk_.for_each_chunk(first, [&](std::size_t number, std::uint64_t place) {
            if (place < direct_) {
                put_direct(number, place);
            } else {
                put_deep(number, place - direct_);
            }
        });
    }

  private:
    /// A level of data blocks of one size.
    struct Level {
        unsigned number = 0;
        std::uint64_t first = 0; ///< entry behind the direct ones
        std::uint64_t blocks = 0;
        std::uint64_t entries = 0; ///< in a block
    };

    Level level_of(std::uint64_t place) const {
        Level level;
        level.number = static_cast<unsigned>(std::bit_width(place / smallest_ + 1)) - 1U;
        if (level.number >= indexed_levels_ + super_blocks_) {
            damaged_chunk_index();
        }
        level.first = smallest_ * ((std::uint64_t{1} << level.number) - 1);
        level.blocks = std::uint64_t{1} << (level.number / 2);
        level.entries = smallest_ << ((level.number + 1) / 2);
        return level;
    }

    void read_index() {
        const std::uint64_t direct = direct_ * entries_->entry_bytes();
        const std::uint64_t pointers = std::uint64_t{data_blocks_} + super_blocks_;
        MetadataBlock block = walk_.file().read(index_, kBlockPrefix + direct + 8 * pointers + kChecksumBytes);
        expect_block(block, "EAIB", header_address_);
        direct_entries_ = take_bytes(block, direct);
        for (std::uint64_t i = 0; i < pointers; ++i) {
            (i < data_blocks_ ? data_ : super_).push_back(block.u64());
        }
        block.expect_checksum();
    }

    void put_direct(std::size_t number, std::uint64_t place) {
        const std::uint64_t bytes = entries_->entry_bytes();
        entries_->put(number, direct_entries_.data() + place * bytes);
    }

    void put_deep(std::size_t number, std::uint64_t place) {
        const Level level = level_of(place);
        const std::uint64_t inside = place - level.first;
        const std::uint64_t block = inside / level.entries;
        if (level.number < indexed_levels_) {
            // Two levels n hold 2^(n / 2) blocks each.
            const std::uint64_t before = level.number % 2 == 0 ? 2 * (level.blocks - 1) : 3 * level.blocks - 2;
            put_in_block(number, data_.at(static_cast<std::size_t>(before + block)), level, inside);
            return;
        }
        const std::uint64_t super = super_.at(level.number - indexed_levels_);
        if (super == kUndefinedAddress) {
            return;
        }
        read_super(super, level);
        put_in_block(number, blocks_.at(static_cast<std::size_t>(block)), level, inside);
    }

    void read_super(std::uint64_t address, const Level& level) {
        if (super_address_ == address) {
            return;
        }
        const std::uint64_t pages = level.entries > page_ ? level.entries / page_ : 0;
        const std::uint64_t bitmap = level.blocks * ((pages + 7) / 8);
        if (level.blocks > kMaxEntries || bitmap > kMaxEntries) {
            damaged_chunk_index();
        }
        MetadataBlock block =
            walk_.file().read(address, kBlockPrefix + offset_bytes_ + bitmap + 8 * level.blocks + kChecksumBytes);
        expect_block(block, "EASB", header_address_);
        block.skip(offset_bytes_);
        written_ = take_bytes(block, bitmap);
        blocks_.clear();
        for (std::uint64_t i = 0; i < level.blocks; ++i) {
            blocks_.push_back(block.u64());
        }
        block.expect_checksum();
        super_address_ = address;
    }

    void put_in_block(std::size_t number, std::uint64_t block, const Level& level, std::uint64_t inside) {
        if (block == kUndefinedAddress) {
            return;
        }
        const std::uint64_t place = inside % level.entries;
        const std::uint64_t prefix = kBlockPrefix + offset_bytes_;
        const auto check = [&](MetadataBlock& from) {
            expect_block(from, "EADB", header_address_);
            from.skip(offset_bytes_);
        };
        if (level.entries <= page_) {
            entries_->load(block, prefix, level.entries, check);
            entries_->put(number, place);
            return;
        }
        const std::uint64_t pages = level.entries / page_;
        if (level.number < indexed_levels_) { // only super blocks say which pages are written
            damaged_chunk_index();
        }
        if (!bit_of(written_, inside / level.entries * pages + place / page_)) {
            return;
        }
        const std::uint64_t page =
            block + prefix + kChecksumBytes + place / page_ * (page_ * entries_->entry_bytes() + kChecksumBytes);
        entries_->load(page, 0, page_, [](MetadataBlock&) {});
        entries_->put(number, place % page_);
    }

    const ChunkWalk& walk_;
    std::uint64_t header_address_;
    std::uint64_t direct_ = 0;   ///< entries in the index block
    std::uint64_t smallest_ = 0; ///< entries of the first data blocks
    std::uint64_t page_ = 0;     ///< entries
    std::size_t offset_bytes_ = 0;
    unsigned indexed_levels_ = 0; ///< whose data blocks stand in the index block
    unsigned data_blocks_ = 0;
    unsigned super_blocks_ = 0;
    std::uint64_t index_ = 0;
    std::vector<std::uint8_t> direct_entries_;
    std::vector<std::uint64_t> data_;
    std::vector<std::uint64_t> super_;
    std::uint64_t super_address_ = kUndefinedAddress; ///< of what is in the two below
    std::vector<std::uint8_t> written_;
    std::vector<std::uint64_t> blocks_;
    std::optional<ChunkEntries> entries_;
};

} // namespace

void walk_extensible_array(const ChunkWalk& walk, std::uint64_t address) {
    const std::vector<std::uint64_t>& grid = walk.max_grid();
    const auto unlimited = std::find(grid.begin(), grid.end(), std::uint64_t{0});
    if (unlimited == grid.end()) {
        damaged_chunk_index();
    }
    ExtensibleArray(walk, address).walk(static_cast<std::size_t>(unlimited - grid.begin()));
}

} // namespace tacit::shards::h5
