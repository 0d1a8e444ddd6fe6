// SPDX-License-Identifier: Apache-2.0
#include "pipeline/shards/hdf5/chunks/chunk_entries.hpp"

#include "pipeline/base/error.hpp"

namespace tacit::shards::h5 {

void damaged_chunk_index() {
    throw DataError("has a chunk index that is damaged; restore the file");
}

void expect_block(MetadataBlock& block, const char* signature, std::uint64_t header) {
    block.expect(signature);
    block.skip(2);
    if (block.u64() != header) {
        damaged_chunk_index();
    }
}

std::vector<std::uint8_t> take_bytes(MetadataBlock& block, std::uint64_t bytes) {
    const std::uint8_t* data = block.take(static_cast<std::size_t>(bytes));
    return {data, data + bytes};
}

bool bit_of(const std::vector<std::uint8_t>& bits, std::uint64_t place) {
    return (bits.at(static_cast<std::size_t>(place / 8)) & (0x80U >> (place % 8))) != 0;
}

ChunkEntries::ChunkEntries(const ChunkWalk& walk, std::uint64_t entry_bytes, bool filtered)
    : walk_(walk), entry_bytes_(entry_bytes), filtered_(filtered) {
    const std::uint64_t fixed = filtered ? 12 : 8; // address, mask
    const std::uint64_t length = entry_bytes < fixed ? 9 : entry_bytes - fixed;
    if (length > 8 || filtered == (length == 0)) {
        damaged_chunk_index();
    }
}

void ChunkEntries::load(std::uint64_t address, std::uint64_t prefix, std::uint64_t count,
                        const std::function<void(MetadataBlock&)>& check) {
    if (address == address_) {
        return;
    }
    if (count > kMaxEntries) {
        damaged_chunk_index();
    }
    MetadataBlock block = walk_.file().read(address, prefix + count * entry_bytes_ + kChecksumBytes);
    check(block);
    bytes_ = take_bytes(block, count * entry_bytes_);
    block.expect_checksum();
    address_ = address;
}

void ChunkEntries::put(std::size_t number, std::uint64_t place) const {
    if (place >= bytes_.size() / entry_bytes_) {
        damaged_chunk_index();
    }
    put(number, bytes_.data() + place * entry_bytes_);
}

void ChunkEntries::put(std::size_t number, const std::uint8_t* entry) const {
    MetadataBlock block(std::vector<std::uint8_t>(entry, entry + entry_bytes_));
    const std::uint64_t address = block.u64();
    const std::uint64_t bytes =
        filtered_ ? block.number(static_cast<std::size_t>(entry_bytes_ - 12)) : walk_.chunk_bytes();
    walk_.put(number, address, bytes, filtered_ ? block.u32() : 0);
}

} // namespace tacit::shards::h5
