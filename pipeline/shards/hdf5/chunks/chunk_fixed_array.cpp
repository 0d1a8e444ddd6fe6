// SPDX-License-Identifier: Apache-2.0
#include "pipeline/shards/hdf5/chunks/chunk_entries.hpp"

#include <algorithm>
#include <optional>

namespace tacit::shards::h5 {
namespace {

/// HDF5 File Format Specification, "Fixed Array Index".
class FixedArray {
  public:
    FixedArray(const ChunkWalk& walk, std::uint64_t address) : walk_(walk), header_address_(address) {
        constexpr std::uint64_t kHeader = 28;
        constexpr unsigned kMaxPageBits = 32;
        MetadataBlock header = walk.file().read(address, kHeader);
        header.expect("FAHD");
        header.skip(1);
        const bool filtered = header.u8() == 1;
        const std::uint8_t entry_bytes = header.u8();
        const std::uint8_t page_bits = header.u8();
        count_ = header.u64();
        block_ = header.u64();
        header.expect_checksum();
        if (page_bits > kMaxPageBits) {
            damaged_chunk_index();
        }
        page_ = std::uint64_t{1} << page_bits;
        entries_.emplace(walk, entry_bytes, filtered);
    }

    void walk() {
        if (block_ == kUndefinedAddress) {
            return;
        }
        const bool paged = count_ > page_;
        if (paged) {
            read_paged_prefix();
        } else {
            entries_->load(block_, kBlockPrefix, count_,
                           [&](MetadataBlock& block) { expect_block(block, "FADB", header_address_); });
        }
        walk_.for_each_chunk(0, [&](std::size_t number, std::uint64_t place) {
            if (place >= count_) {
                damaged_chunk_index();
            }
            if (!paged) {
                entries_->put(number, place);
            } else if (bit_of(written_, place / page_)) {
                put_paged(number, place);
            }
        });
    }

  private:
    void read_paged_prefix() {
        const std::uint64_t pages = count_ / page_ + (count_ % page_ == 0 ? 0 : 1);
        const std::uint64_t bitmap = pages / 8 + (pages % 8 == 0 ? 0 : 1);
        MetadataBlock prefix = walk_.file().read(block_, kBlockPrefix + bitmap + kChecksumBytes);
        expect_block(prefix, "FADB", header_address_);
        written_ = take_bytes(prefix, bitmap);
        prefix.expect_checksum();
        first_page_ = block_ + kBlockPrefix + bitmap + kChecksumBytes;
    }

    void put_paged(std::size_t number, std::uint64_t place) {
        const std::uint64_t page = place / page_;
        const std::uint64_t address = first_page_ + page * (page_ * entries_->entry_bytes() + kChecksumBytes);
        entries_->load(address, 0, std::min(page_, count_ - page * page_), [](MetadataBlock&) {});
        entries_->put(number, place % page_);
    }

    const ChunkWalk& walk_;
    std::uint64_t header_address_;
    std::uint64_t count_ = 0;
    std::uint64_t block_ = 0;
    std::uint64_t page_ = 0; ///< entries
    std::uint64_t first_page_ = 0;
    std::vector<std::uint8_t> written_; ///< a bit for each page
    std::optional<ChunkEntries> entries_;
};

} // namespace

void walk_fixed_array(const ChunkWalk& walk, std::uint64_t address) {
    FixedArray(walk, address).walk();
}

} // namespace tacit::shards::h5
