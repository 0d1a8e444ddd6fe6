// SPDX-License-Identifier: Apache-2.0
#include "pipeline/base/words.hpp"

#include <gtest/gtest.h>

namespace tacit {
namespace {

TEST(NearestWord, FindsASlip) {
    const std::vector<std::string> words = {"rotnet", "simclr", "triplet"};
    EXPECT_EQ(nearest_word("simcrl", words), "simclr");
    EXPECT_EQ(nearest_word("rotne", words), "rotnet");
    EXPECT_EQ(nearest_word("tripletts", words), "triplet");
}

TEST(NearestWord, CountsASwapOfNeighboursAsOneSlip) {
    EXPECT_EQ(nearest_word("lr", {"rl"}), "rl");
    EXPECT_EQ(nearest_word("ab", {"xy"}), "");
}

TEST(NearestWord, IsEmptyWhenNothingIsNear) {
    EXPECT_EQ(nearest_word("banana", {"rotnet", "simclr"}), "");
    EXPECT_EQ(nearest_word("banana", {}), "");
    EXPECT_EQ(nearest_word("", {"a"}), "");
    EXPECT_EQ(nearest_word(std::string(100000, 'a'), {"a"}), "");
}

TEST(NearestWord, TakesTheNearestOfSeveral) {
    EXPECT_EQ(nearest_word("train", {"brains", "trains", "rain"}), "trains");
}

TEST(UnknownWord, NamesTheWordTheNearestAndTheChoices) {
    EXPECT_EQ(unknown_word("pretext", "simcrl", {"rotnet", "simclr"}),
              "unknown pretext 'simcrl'; did you mean 'simclr'? (one of: rotnet, simclr)");
    EXPECT_EQ(unknown_word("pretext", "zzz", {"rotnet"}), "unknown pretext 'zzz' (one of: rotnet)");
    EXPECT_EQ(unknown_word("pretext", "zzz", {}), "unknown pretext 'zzz'");
}

TEST(OneLine, RemovesControlCharactersAndCutsTheEnd) {
    EXPECT_EQ(one_line("a\nb\tc\x1b[0m"), "a?b?c?[0m");
    EXPECT_EQ(one_line("abcdef", 3), "abc...");
    EXPECT_EQ(one_line("abc", 3), "abc");
}

} // namespace
} // namespace tacit
