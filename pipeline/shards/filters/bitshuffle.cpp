// SPDX-License-Identifier: Apache-2.0
#include "pipeline/shards/filters/block_codecs.hpp"
#include "pipeline/shards/filters/byte_reader.hpp"
#include "pipeline/shards/filters/decoders.hpp"
#include "pipeline/shards/filters/planes.hpp"

#include <algorithm>

namespace tacit::shards {
namespace {

// Places among the filter's values (bshuf_h5filter.h).
constexpr std::size_t kElementBytes = 2;
constexpr std::size_t kBlockElements = 3;
constexpr std::size_t kCompression = 4;

enum class Compression : std::uint32_t { none = 0, lz4 = 2, zstd = 3 };

/// Elements in a block where none are said: 8 KiB of them, a multiple of 8, and at least 128.
std::size_t default_block(std::size_t element_bytes) {
    return std::max<std::size_t>(128, 8192 / element_bytes / 8 * 8);
}

/// Where the blocks' bytes come from and go to.
class Blocks {
  public:
    Blocks(Bytes stored, const Filter& filter, FilterScratch& scratch)
        : reader_(stored, "bitshuffle"), compression_(static_cast<Compression>(filter.values[kCompression])),
          scratch_(&scratch), element_bytes_(filter.values[kElementBytes]) {}

    ByteReader& reader() { return reader_; }

    void decode(Room out, std::size_t block_elements) {
        std::size_t left = out.size() / element_bytes_ / 8 * 8;
        const std::size_t largest = std::min(block_elements, left) * element_bytes_;
        // An element's size is only known to make sense once eight of them fit.
        const Room memory = left == 0 ? Room() : scratch_->inside(largest + bit_planes_memory(element_bytes_));
        while (left > 0) {
            const std::size_t count = std::min(left, block_elements);
            const std::size_t bytes = count * element_bytes_;
            const Bytes planes = next(memory.first(bytes));
            interleave_bits(planes.data(), element_bytes_, count, out.data(), memory.data() + largest);
            out = out.subspan(bytes);
            left -= count;
        }
        const Bytes rest = reader_.take(out.size()); // elements that fill no byte of a bit plane
        std::copy(rest.begin(), rest.end(), out.begin());
        reader_.expect_end();
    }

  private:
    Bytes next(Room room) {
        if (compression_ == Compression::none) {
            return reader_.take(room.size());
        }
        const Bytes compressed = reader_.take(reader_.big32());
        const std::size_t made = compression_ == Compression::lz4
                                     ? decode_lz4(compressed, room, "bitshuffle")
                                     : decode_zstd(compressed, room, *scratch_, "bitshuffle");
        if (made != room.size()) {
            throw DataError("bitshuffle: a block ends too early");
        }
        return room;
    }

    ByteReader reader_;
    Compression compression_;
    FilterScratch* scratch_;
    std::size_t element_bytes_;
};

std::size_t checked_block(std::size_t block_elements, std::size_t element_bytes) {
    if (block_elements % 8 != 0) {
        throw DataError(fmt::format("bitshuffle: blocks of {} elements, not a multiple of 8", block_elements));
    }
    return block_elements == 0 ? default_block(element_bytes) : block_elements;
}

} // namespace

bool bitshuffle_compresses(const Filter& filter) {
    return filter.values[kCompression] != static_cast<std::uint32_t>(Compression::none);
}

void check_bitshuffle(Filter& filter, std::size_t element_bytes) {
    if (filter.values.size() <= kElementBytes) {
        filter.values.resize(kElementBytes);
        filter.values.push_back(static_cast<std::uint32_t>(element_bytes));
    }
    filter.values.resize(std::max(filter.values.size(), kCompression + 1));
    if (filter.values[kElementBytes] == 0) {
        throw DataError("bitshuffle: elements of 0 bytes");
    }
    const auto compression = static_cast<Compression>(filter.values[kCompression]);
    if (compression != Compression::none && compression != Compression::lz4 && compression != Compression::zstd) {
        throw DataError(fmt::format("bitshuffle: compression {} is unknown", filter.values[kCompression]));
    }
    checked_block(filter.values[kBlockElements], filter.values[kElementBytes]);
}

Bytes undo_bitshuffle(Bytes stored, Room room, const Filter& filter, FilterScratch& scratch) {
    const std::size_t element_bytes = filter.values[kElementBytes];
    Blocks blocks(stored, filter, scratch);
    std::uint64_t total = stored.size();
    std::size_t block_elements = filter.values[kBlockElements];
    if (bitshuffle_compresses(filter)) {
        total = blocks.reader().big64();
        block_elements = blocks.reader().big32() / element_bytes;
    }
    if (total > room.size() || total % element_bytes != 0) {
        throw DataError(fmt::format("bitshuffle: {} bytes in elements of {}, at most {} expected", total, element_bytes,
                                    room.size()));
    }
    room = room.first(static_cast<std::size_t>(total));
    blocks.decode(room, checked_block(block_elements, element_bytes));
    return room;
}

} // namespace tacit::shards
