// SPDX-License-Identifier: Apache-2.0
#include "pipeline/base/error.hpp"
#include "pipeline/shards/filters/byte_reader.hpp"
#include "pipeline/shards/filters/decoders.hpp"

#include <algorithm>

namespace tacit::shards {
namespace {

/// Sums of one block of big-endian words: plain, and weighted with the words that are left.
struct BlockSums {
    std::uint32_t plain = 0;
    std::uint32_t weighted = 0;
};

constexpr std::uint32_t kBlockWords = 256; // the weighted sum stays below 2^31.1

BlockSums sum_block(const std::uint8_t* data, std::uint32_t words) {
    BlockSums sums;
    for (std::uint32_t i = 0; i < words; ++i) {
        const std::uint32_t word = std::uint32_t{data[2 * i]} << 8U | data[2 * i + 1];
        sums.plain += word;
        sums.weighted += (words - i) * word;
    }
    return sums;
}

/// Ones' complement arithmetic has two zeros; HDF5's folding gives the positive one only to data that are all zero.
std::uint32_t folded(std::uint64_t residue, bool all_zero) {
    return all_zero ? 0U : residue == 0 ? 0xFFFFU : static_cast<std::uint32_t>(residue);
}

/// Fletcher's checksum over 16-bit big-endian words, the last one padded with zero (H5checksum.c).
std::uint32_t fletcher32(Bytes data) {
    constexpr std::uint64_t kModulus = 65535;
    std::uint64_t plain = 0;
    std::uint64_t weighted = 0;
    const auto add = [&](const std::uint8_t* from, std::uint32_t words) {
        const BlockSums block = sum_block(from, words);
        weighted = (weighted + plain % kModulus * words + block.weighted) % kModulus;
        plain += block.plain;
    };
    std::size_t at = 0;
    while (data.size() - at >= 2) {
        const auto words = static_cast<std::uint32_t>(std::min<std::size_t>(kBlockWords, (data.size() - at) / 2));
        add(data.data() + at, words);
        at += std::size_t{2} * words;
    }
    if (at < data.size()) {
        const std::uint8_t last[2] = {data[at], 0};
        add(last, 1);
    }
    return folded(weighted, plain == 0) << 16U | folded(plain % kModulus, plain == 0);
}

std::uint32_t with_halves_swapped(std::uint32_t sum) {
    return (sum & 0x00FF00FFU) << 8U | (sum >> 8U & 0x00FF00FFU);
}

} // namespace

Bytes undo_fletcher32(Bytes stored, Room, const Filter&, FilterScratch&) {
    constexpr std::size_t kChecksumBytes = 4;
    if (stored.size() < kChecksumBytes) {
        throw DataError("fletcher32: too short for a checksum");
    }
    const Bytes data = stored.first(stored.size() - kChecksumBytes);
    const std::uint32_t recorded = ByteReader(stored.last(kChecksumBytes), "fletcher32").little32();
    const std::uint32_t computed = fletcher32(data);
    if (recorded != computed && recorded != with_halves_swapped(computed)) {
        throw DataError(fmt::format("fletcher32: the checksum is {:08x}, the data's {:08x}", recorded, computed));
    }
    return data;
}

} // namespace tacit::shards
