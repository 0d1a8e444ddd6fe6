// SPDX-License-Identifier: Apache-2.0
#include "augment/random/draws.hpp"
#include "augment/random/philox_bulk.hpp"
#include "augment/simd.hpp"

#include <array>
#include <cmath>
#include <cstring>
#include <gtest/gtest.h>
#include <set>
#include <vector>

namespace tacit::augment {
namespace {

// Known answers: kat_vectors of Random123 (Salmon et al.), philox4x32, 10 rounds.
TEST(Philox, MatchesKnownAnswerOfZeros) {
    EXPECT_EQ(philox4x32({0, 0, 0, 0}, {0, 0}), (PhiloxCounter{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}));
}

TEST(Philox, MatchesKnownAnswerOfOnes) {
    EXPECT_EQ(philox4x32({0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff}, {0xffffffff, 0xffffffff}),
              (PhiloxCounter{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}));
}

TEST(Philox, MatchesKnownAnswerOfPi) {
    EXPECT_EQ(philox4x32({0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}, {0xa4093822, 0x299f31d0}),
              (PhiloxCounter{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}));
}

TEST(Draws, EveryPartOfTheKeyChangesTheStream) {
    std::set<std::uint32_t> first_words;
    const SampleKey key{7, 3, 11};
    first_words.insert(Draws(key, 0, 0).word());
    first_words.insert(Draws({8, 3, 11}, 0, 0).word());
    first_words.insert(Draws({7 + (std::uint64_t{1} << 32), 3, 11}, 0, 0).word());
    first_words.insert(Draws({7, 4, 11}, 0, 0).word());
    first_words.insert(Draws({7, 3, 12}, 0, 0).word());
    first_words.insert(Draws({7, 3, 11 + (std::uint64_t{1} << 32)}, 0, 0).word());
    first_words.insert(Draws({7, 3, kMaxSample}, 0, 0).word());
    first_words.insert(Draws(key, 1, 0).word());
    first_words.insert(Draws(key, kMaxDraw, 0).word());
    first_words.insert(Draws(key, 0, 1).word());
    first_words.insert(Draws(key, 0, kMaxOps - 1).word());
    EXPECT_EQ(first_words.size(), 11U);
}

TEST(Draws, RepeatsForTheSameKey) {
    Draws first({1, 2, 3}, 4, 5);
    Draws second({1, 2, 3}, 4, 5);
    for (int i = 0; i < 100; ++i) {
        EXPECT_EQ(first.word(), second.word());
    }
}

TEST(Draws, StreamIsThePhiloxBlocksInOrder) {
    Draws draws({0x0000000200000001, 9, (std::uint64_t{5} << 32) + 4}, 6, 7);
    for (std::uint32_t block = 0; block < 3; ++block) {
        const PhiloxCounter words = philox4x32({4, 5 + (6U << 16) + (7U << 24), 9, block}, {1, 2});
        for (const std::uint32_t word : words) {
            EXPECT_EQ(draws.word(), word);
        }
    }
}

TEST(Draws, UniformHasMeanAndVarianceOfTheUnitInterval) {
    Draws draws({1, 0, 0}, 0, 0);
    constexpr int kCount = 100000;
    double sum = 0.0;
    double squares = 0.0;
    for (int i = 0; i < kCount; ++i) {
        const double value = draws.uniform();
        ASSERT_GE(value, 0.0);
        ASSERT_LT(value, 1.0);
        sum += value;
        squares += value * value;
    }
    const double mean = sum / kCount;
    EXPECT_NEAR(mean, 0.5, 5 * std::sqrt(1.0 / 12 / kCount));
    EXPECT_NEAR(squares / kCount - mean * mean, 1.0 / 12, 0.001);
}

TEST(Draws, BelowIsEvenlySpread) {
    Draws draws({2, 0, 0}, 0, 0);
    constexpr int kCount = 70000;
    std::vector<int> counts(7, 0);
    for (int i = 0; i < kCount; ++i) {
        ++counts.at(static_cast<std::size_t>(draws.below(7)));
    }
    for (const int count : counts) {
        EXPECT_NEAR(count, kCount / 7, 5 * std::sqrt(kCount / 7.0));
    }
}

TEST(Draws, BelowOneIsZero) {
    EXPECT_EQ(Draws({3, 0, 0}, 0, 0).below(1), 0);
}

TEST(Draws, NormalHasUnitMoments) {
    Draws draws({4, 0, 0}, 0, 0);
    constexpr int kCount = 100000;
    double sum = 0.0;
    double squares = 0.0;
    double fourths = 0.0;
    for (int i = 0; i < kCount; ++i) {
        const double value = draws.normal();
        sum += value;
        squares += value * value;
        fourths += value * value * value * value;
    }
    EXPECT_NEAR(sum / kCount, 0.0, 5 / std::sqrt(kCount));
    EXPECT_NEAR(squares / kCount, 1.0, 5 * std::sqrt(2.0 / kCount));
    EXPECT_NEAR(fourths / kCount, 3.0, 5 * std::sqrt(96.0 / kCount));
}

TEST(Philox, BulkBytesAreTheBlocksOfTheBulkCounter) {
    const Draws draws({7, 1, 2}, 3, 4);
    std::array<std::uint8_t, 3 * kBulkBytes> bytes{};
    for (const SimdLevel level : {SimdLevel::scalar, SimdLevel::avx512}) {
        limit_simd(level);
        fill_random(draws, 5, bytes);
        for (std::uint32_t block = 0; block < 24; ++block) {
            const PhiloxCounter expected = philox4x32(draws.bulk_counter(40 + block), draws.key());
            PhiloxCounter words{};
            const std::uint8_t* start = bytes.data() + block / 8 * kBulkBytes + block % 8 * 8;
            std::memcpy(words.data(), start, 8);
            std::memcpy(words.data() + 2, start + kBulkBytes / 2, 8);
            EXPECT_EQ(words, expected) << block;
        }
    }
}

} // namespace
} // namespace tacit::augment
