// SPDX-License-Identifier: Apache-2.0
// What is damaged is refused, or decodes to something; it never reads or writes where it must not (sanitizers).
#include "filter_cases.hpp"
#include "pipeline/base/error.hpp"

#include <gtest/gtest.h>

namespace tacit::shards {
namespace {

/// Nothing if the chunk is refused.
ByteVector decoded_or_nothing(const FilterCase& each, const ByteVector& stored, FilterScratch& scratch) {
    ByteVector out(each.expected.size());
    try {
        each.pipeline().decode(stored, each.mask, out, scratch);
        return out;
    } catch (const DataError&) {
        return {};
    }
}

/// Every place of a short chunk, fewer of one that takes long.
std::size_t stride(const FilterCase& each) {
    return 1 + each.stored.size() * each.expected.size() / 4'000'000;
}

bool has_filter(const FilterCase& each, std::uint32_t id) {
    for (std::size_t i = 0; i < each.filters.size(); ++i) {
        if (each.filters[i].id == id && (each.mask >> i & 1U) == 0) {
            return true;
        }
    }
    return false;
}

TEST(FilterDamage, ATruncatedChunkIsRefused) {
    FilterScratch scratch;
    for (const FilterCase& each : filter_cases()) {
        for (std::size_t length = 0; length < each.stored.size(); length += stride(each)) {
            const ByteVector stored(each.stored.begin(), each.stored.begin() + static_cast<std::ptrdiff_t>(length));
            const ByteVector out = decoded_or_nothing(each, stored, scratch);
            // szip pads its last byte with bits that may be a byte of their own.
            const bool whole = has_filter(each, 4) && out == each.expected;
            ASSERT_TRUE(out.empty() || whole) << each.name << " at " << length;
        }
    }
}

TEST(FilterDamage, AFlippedByteIsRefusedOrDecodes) {
    FilterScratch scratch;
    std::size_t refused = 0;
    for (const FilterCase& each : filter_cases()) {
        for (std::size_t at = 0; at < each.stored.size(); at += stride(each)) {
            for (const int flip : {0x01, 0x80, 0xFF}) {
                ByteVector stored = each.stored;
                stored[at] = static_cast<std::uint8_t>(stored[at] ^ flip);
                const ByteVector out = decoded_or_nothing(each, stored, scratch);
                refused += out.empty() ? 1 : 0;
                const bool checked = has_filter(each, 3) && out != each.expected;
                ASSERT_TRUE(out.empty() || !checked) << each.name << ": the checksum missed " << at;
            }
        }
    }
    EXPECT_GT(refused, 10'000U);
}

TEST(FilterDamage, AppendedBytesAreRefused) {
    FilterScratch scratch;
    for (const FilterCase& each : filter_cases()) {
        ByteVector stored = each.stored;
        stored.push_back(0);
        const ByteVector out = decoded_or_nothing(each, stored, scratch);
        // libaec stops when it has made what was asked for.
        EXPECT_TRUE(out.empty() || has_filter(each, 4)) << each.name;
    }
}

TEST(FilterDamage, AnotherSizeThanTheDataHaveIsRefused) {
    for (const FilterCase& each : filter_cases()) {
        const std::size_t right = each.expected.size();
        for (const std::size_t bytes : {std::size_t{0}, right - 1, right + 1, right + 8, 2 * right}) {
            EXPECT_THROW(decoded(each.pipeline(), each.stored, each.mask, bytes), DataError)
                << each.name << " as " << bytes << " bytes";
        }
    }
}

TEST(FilterDamage, AnotherMaskThanTheChunkHasIsRefusedOrDecodes) {
    FilterScratch scratch;
    for (const FilterCase& each : filter_cases()) {
        FilterCase other = each;
        const std::uint32_t all = (1U << each.filters.size()) - 1;
        for (other.mask = 0; other.mask < all; ++other.mask) {
            decoded_or_nothing(other, each.stored, scratch);
        }
        const bool fits = each.stored.size() == each.expected.size();
        EXPECT_EQ(decoded_or_nothing(other, each.stored, scratch).empty(), !fits) << each.name;
    }
}

} // namespace
} // namespace tacit::shards
