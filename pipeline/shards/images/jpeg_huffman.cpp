// SPDX-License-Identifier: Apache-2.0
#include "pipeline/shards/images/jpeg_huffman.hpp"

#include <algorithm>
#include <bit>
#include <cstring>

namespace tacit::shards {
namespace {

constexpr int kMostCodeBits = 16;
/// Of a coefficient: a code that is none (17) and a value (15).
constexpr int kMostBits = 32;
/// A filled window has bits enough for so many looks, whatever the last one finds.
constexpr int kFilledBits = 56;
constexpr int kLooks = 3;
static_assert((kLooks - 1) * JpegHuffmanTable::kLookBits + kMostBits <= kFilledBits);
/// Symbols without a value: 16 zeros; all others end the block.
constexpr std::uint8_t kSixteenZeros = 0xF0;
/// Bytes coded with a table: fewer save less time than making it ready takes.
constexpr std::size_t kLeastBytes = 2048;

/// Where a block's coefficients lie, in the order of the file; damaged files may run 15 places beyond the last.
constexpr std::array<std::uint8_t, DCTSIZE2 + 16> kPlaces{
    0,  1,  8,  16, 9,  2,  3,  10, 17, 24, 32, 25, 18, 11, 4,  5,  12, 19, 26, 33, 40, 48, 41, 34, 27, 20, 13,
    6,  7,  14, 21, 28, 35, 42, 49, 56, 57, 50, 43, 36, 29, 22, 15, 23, 30, 37, 44, 51, 58, 59, 52, 45, 38, 31,
    39, 46, 53, 60, 61, 54, 47, 55, 62, 63, 63, 63, 63, 63, 63, 63, 63, 63, 63, 63, 63, 63, 63, 63, 63, 63};

/// The value that `bits` of `size` >= 1 bits stand for (ITU-T T.81, figure F.12).
int extended(int bits, int size) {
    return bits < 1 << (size - 1) ? bits - (1 << size) + 1 : bits;
}

} // namespace

bool JpegHuffmanTable::prepare(const JHUFF_TBL& table, std::size_t bytes, bool pairs) {
    if (!std::equal(counts_.begin() + 1, counts_.end(), table.bits + 1) ||
        !std::equal(symbols_.begin(), symbols_.end(), table.huffval)) {
        std::copy_n(table.bits, counts_.size(), counts_.begin());
        std::copy_n(table.huffval, symbols_.size(), symbols_.begin());
        ready_ = false;
        bytes_ = 0;
    }
    bytes_ += bytes;
    if (!ready_ && bytes_ >= kLeastBytes) {
        build();
        if (pairs) {
            pair_runs();
        }
        ready_ = true;
    }
    return ready_;
}

void JpegHuffmanTable::build() {
    codes_.fill({});
    runs_.fill({.zeros = kUnknown});
    std::int32_t code = 0;
    std::int32_t index = 0;
    for (int bits = 1; bits <= kMostCodeBits; ++bits, code *= 2) {
        const auto length = static_cast<std::size_t>(bits);
        const std::int32_t end = code + counts_[length];
        symbol_of_zero_[length] = index - code;
        last_code_[length] = counts_[length] > 0 ? end - 1 : -1;
        for (; code < end; ++code, ++index) {
            if (bits <= kLookBits) {
                add({symbols_[static_cast<std::size_t>(index)], static_cast<std::uint8_t>(bits)}, code);
            }
        }
    }
}

/// `prefix`: the bits of `code`, with which the patterns begin that mean it.
void JpegHuffmanTable::add(Code code, std::int32_t prefix) {
    const int rest = kLookBits - code.bits;
    const auto begin = static_cast<std::size_t>(prefix) << rest;
    std::fill_n(codes_.begin() + static_cast<std::ptrdiff_t>(begin), std::size_t{1} << rest, code);
    const int size = code.symbol % 16;
    if (size > rest) {
        return;
    }
    Run run;
    run.bits = static_cast<std::uint8_t>(code.bits + size);
    if (size > 0) {
        run.zeros = code.symbol / 16;
        run.advance = static_cast<std::uint8_t>(run.zeros + 1);
    } else {
        run.advance = code.symbol == kSixteenZeros ? 16 : DCTSIZE2;
    }
    auto place = runs_.begin() + static_cast<std::ptrdiff_t>(begin);
    for (int value = 0; value < 1 << size; ++value) {
        run.first = run.second = static_cast<std::int16_t>(size > 0 ? extended(value, size) : 0);
        place = std::fill_n(place, std::size_t{1} << (rest - size), run);
    }
}

/// Adds to runs of one coefficient what follows, where it fits.
void JpegHuffmanTable::pair_runs() {
    const auto ones = runs_;
    for (std::size_t pattern = 0; pattern < runs_.size(); ++pattern) {
        Run& run = runs_[pattern];
        const Run& more = ones[(pattern << run.bits) % ones.size()];
        if (run.first != 0 && more.zeros != kUnknown && run.bits + more.bits <= kLookBits) {
            run.second = more.first;
            run.gap = static_cast<std::uint8_t>(more.zeros + 1);
            run.advance = static_cast<std::uint8_t>(run.advance + more.advance);
            run.bits = static_cast<std::uint8_t>(run.bits + more.bits);
        }
    }
}

JpegHuffmanTable::Code JpegHuffmanTable::long_code(std::uint64_t next) const {
    for (int bits = kLookBits + 1; bits <= kMostCodeBits; ++bits) {
        const auto code = static_cast<std::int32_t>(next >> (64 - bits));
        const auto length = static_cast<std::size_t>(bits);
        if (code <= last_code_[length]) {
            const auto index = static_cast<std::size_t>(code + symbol_of_zero_[length]) % symbols_.size();
            return {symbols_[index], static_cast<std::uint8_t>(bits)};
        }
    }
    return {0, kMostCodeBits + 1};
}

/// To at least kFilledBits.
inline void JpegHuffman::Bits::fill() {
    constexpr std::uint64_t kOnes = 0x0101010101010101;
    std::uint64_t bytes = kOnes * 0xFF;
    if (end - next >= static_cast<std::ptrdiff_t>(sizeof bytes)) {
        std::memcpy(&bytes, next, sizeof bytes);
    }
    if (((~bytes - kOnes) & bytes & (kOnes << 7)) != 0) { // one of them is 0xFF
        Bits copy = {next, end, window, count, padding};  // whose address may be known, while ours stay in registers
        copy.fill_by_bytes();
        next = copy.next;
        window = copy.window;
        count = copy.count;
        padding = copy.padding;
        return;
    }
    if constexpr (std::endian::native == std::endian::little) {
        bytes = __builtin_bswap64(bytes);
    }
    window |= bytes >> count;
    next += (63 - count) / 8;
    count |= kFilledBits;
}

/// Past stuffed zeros, and not past a marker.
[[gnu::noinline]] void JpegHuffman::Bits::fill_by_bytes() {
    while (count <= kFilledBits) {
        const std::uint8_t* after = std::find_if(next, end, [](std::uint8_t byte) { return byte != 0xFF; });
        if (after == end || (after != next && *after != 0)) {
            padding += 64 - count;
            count = 64;
            break;
        }
        window |= std::uint64_t{*next} << (kFilledBits - count);
        count += 8;
        next = after + 1;
    }
}

/// The next `size` >= 1 bits as a value.
inline int JpegHuffman::Bits::value(int size) {
    const int value = extended(static_cast<int>(window >> (64 - size)), size);
    skip(size);
    return value;
}

bool JpegHuffman::start(jpeg_decompress_struct& jpeg) {
    if (jpeg.progressive_mode != FALSE || jpeg.arith_code != FALSE || jpeg.restart_interval != 0 ||
        jpeg_has_multiple_scans(&jpeg) != FALSE) {
        return false;
    }
    bool ready = true;
    for (int i = 0; i < jpeg.comps_in_scan; ++i) {
        const jpeg_component_info& component = *jpeg.cur_comp_info[i];
        const auto first = static_cast<std::size_t>(component.dc_tbl_no);
        const auto others = static_cast<std::size_t>(component.ac_tbl_no);
        const std::size_t bytes = jpeg.src->bytes_in_buffer;
        ready &= first_tables_.at(first).prepare(*jpeg.dc_huff_tbl_ptrs[first], bytes, false);
        ready &= other_tables_.at(others).prepare(*jpeg.ac_huff_tbl_ptrs[others], bytes, true);
    }
    first_.fill(0);
    bits_ = {jpeg.src->next_input_byte, jpeg.src->next_input_byte + jpeg.src->bytes_in_buffer};
    return ready;
}

inline int JpegHuffman::decode_first(Bits& bits, const JpegHuffmanTable& table) {
    bits.fill();
    const JpegHuffmanTable::Run& run = table.run(bits.window);
    if (run.zeros != JpegHuffmanTable::kUnknown) [[likely]] {
        bits.skip(run.bits);
        return run.first;
    }
    const JpegHuffmanTable::Code code = table.code(bits.window);
    bits.skip(code.bits);
    return code.symbol == 0 ? 0 : bits.value(code.symbol);
}

/// The coefficient of place `k` or behind it; the place after that.
inline std::size_t JpegHuffman::decode_one(Bits& bits, const JpegHuffmanTable& table, JCOEF* block, std::size_t k) {
    const JpegHuffmanTable::Code code = table.code(bits.window);
    bits.skip(code.bits);
    const int size = code.symbol % 16;
    if (size == 0) {
        return k + (code.symbol == kSixteenZeros ? 16 : DCTSIZE2);
    }
    k += code.symbol / 16;
    block[kPlaces[k]] = static_cast<JCOEF>(bits.value(size));
    return k + 1;
}

inline void JpegHuffman::decode_others(Bits& bits, const JpegHuffmanTable& table, JCOEF* block) {
    std::size_t k = 1;
    while (true) {
        bits.fill();
        for (int look = 0; look < kLooks; ++look) {
            const JpegHuffmanTable::Run& run = table.run(bits.window);
            const std::size_t first = k + run.zeros;
            const std::size_t second = first + run.gap;
            if (second >= DCTSIZE2) [[unlikely]] { // not known, or beyond the block
                k = decode_one(bits, table, block, k);
                look = kLooks;
            } else {
                block[kPlaces[second]] = run.second;
                block[kPlaces[first]] = run.first;
                k += run.advance;
                bits.skip(run.bits);
            }
            if (k >= DCTSIZE2) {
                return;
            }
        }
    }
}

bool JpegHuffman::decode(jpeg_decompress_struct& jpeg, JBLOCKROW* blocks) {
    JBLOCK nowhere;
    Bits bits = bits_;
    for (int b = 0; b < jpeg.blocks_in_MCU; ++b) {
        const int place = jpeg.MCU_membership[b];
        const jpeg_component_info& component = *jpeg.cur_comp_info[place];
        JCOEF* block = blocks != nullptr ? *blocks[b] : nowhere;
        std::uint32_t& first = first_[static_cast<std::size_t>(place)];
        first += static_cast<std::uint32_t>(
            decode_first(bits, first_tables_[static_cast<std::size_t>(component.dc_tbl_no)]));
        block[0] = static_cast<JCOEF>(first);
        decode_others(bits, other_tables_[static_cast<std::size_t>(component.ac_tbl_no)], block);
    }
    bits_ = bits;
    jpeg.src->next_input_byte = bits.next;
    jpeg.src->bytes_in_buffer = static_cast<std::size_t>(bits.end - bits.next);
    return bits.count >= bits.padding;
}

} // namespace tacit::shards
