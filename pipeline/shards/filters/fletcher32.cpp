// SPDX-License-Identifier: Apache-2.0
#include "pipeline/base/error.hpp"
#include "pipeline/shards/filters/byte_reader.hpp"
#include "pipeline/shards/filters/decoders.hpp"

#include <algorithm>
#include <cstddef>

namespace tacit::shards {
namespace {

/// Sums of a block of big-endian words: plain, and weighted with the number of words from each one to the block's end.
struct BlockSums {
    std::uint64_t plain = 0;
    std::uint64_t weighted = 0;
};

constexpr std::size_t kLanes = 8;
constexpr std::size_t kMostRows = 256; // a lane's weighted sum stays below 2^32 up to 361

/// Word l of row r counts in lane l. A lane adds its running sum once a row, which weights by rows with additions only.
BlockSums sum_rows(const std::uint8_t* data, std::size_t rows) {
    std::uint32_t plain[kLanes] = {};
    std::uint32_t weighted[kLanes] = {};
    for (std::size_t row = 0; row < rows; ++row) {
        for (std::size_t lane = 0; lane < kLanes; ++lane) {
            const std::uint8_t* word = data + 2 * (row * kLanes + lane);
            plain[lane] += std::uint32_t{word[0]} << 8U | word[1];
            weighted[lane] += plain[lane];
        }
    }
    BlockSums sums;
    for (std::size_t lane = 0; lane < kLanes; ++lane) {
        sums.plain += plain[lane];
        sums.weighted += kLanes * weighted[lane] - lane * plain[lane];
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
    constexpr std::size_t kRowBytes = 2 * kLanes;
    std::uint64_t plain = 0;
    std::uint64_t weighted = 0;
    const auto add = [&](const BlockSums& block, std::size_t words) {
        weighted = (weighted + plain % kModulus * words + block.weighted) % kModulus;
        plain += block.plain;
    };
    while (data.size() >= kRowBytes) {
        const std::size_t rows = std::min(kMostRows, data.size() / kRowBytes);
        add(sum_rows(data.data(), rows), rows * kLanes);
        data = data.subspan(rows * kRowBytes);
    }
    for (std::size_t at = 0; at < data.size(); at += 2) {
        const std::uint64_t word = data[at] * 256U + (at + 1 < data.size() ? data[at + 1] : 0U);
        add({word, word}, 1);
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
