// SPDX-License-Identifier: Apache-2.0
#include "dist/watch/heartbeat.hpp"

#include <gtest/gtest.h>

namespace tacit::dist {
namespace {

const std::vector<std::string> kHosts = {"red", "green", "blue"};

TEST(Blame, NobodyWhileTheMissingRankShowsProgress) {
    EXPECT_EQ(blame({{7, 1, 5000, 0}, {6, 0, 900, 50}, {7, 1, 5000, 50}}, 0, 2000, kHosts), "");
}

TEST(Blame, TheRankWhoseProcessIsSilentThoughItWaitsToo) {
    EXPECT_EQ(blame({{7, 1, 5000, 0}, {7, 1, 5000, 50}, {7, 1, 100, 3000}}, 0, 2000, kHosts),
              "rank 2 on blue gives no sign of life for 3 s: it is stopped, dead or cut off");
}

TEST(Blame, TheRankThatIsMissingAndMakesNoProgress) {
    EXPECT_EQ(blame({{7, 1, 5000, 0}, {6, 0, 4000, 50}, {7, 1, 5000, 50}}, 0, 2000, kHosts),
              "rank 1 on green has not come to it and shows no progress for 4 s: it hangs, or is busy that long");
}

TEST(Blame, NotTheRankThatItselfWaitsForTheMissingOne) {
    EXPECT_EQ(blame({{7, 1, 5000, 0}, {6, 1, 5000, 50}, {5, 0, 4000, 50}}, 0, 2000, kHosts),
              "rank 2 on blue has not come to it and shows no progress for 4 s: it hangs, or is busy that long");
}

TEST(Blame, RankZeroAloneWhereItIsSilentSinceItCarriesTheOthersWords) {
    EXPECT_EQ(blame({{7, 1, 0, 3000}, {6, 0, 0, 3100}, {7, 1, 9000, 0}}, 2, 2000, kHosts),
              "rank 0 on red gives no sign of life for 3 s: it is stopped, dead or cut off");
}

TEST(Blame, NobodyWhereTheLastHasOnlyJustCome) {
    EXPECT_EQ(blame({{7, 1, 5000, 0}, {7, 1, 10, 50}, {7, 1, 5000, 50}}, 0, 2000, kHosts), "");
}

TEST(Blame, TheNetworkWhereAllHaveCome) {
    EXPECT_EQ(blame({{7, 1, 5000, 0}, {7, 1, 4000, 50}, {7, 1, 5000, 50}}, 0, 2000, kHosts),
              "all ranks have come to a collective and none goes on: the network or MPI hangs");
}

TEST(Silent, IsTheRankWhoseProcessIsNotHeardWhateverThisOneDoes) {
    EXPECT_EQ(silent({{7, 0, 0, 0}, {6, 0, 9000, 1999}, {7, 0, 0, 2000}}, 0, 2000, kHosts),
              "rank 2 on blue gives no sign of life for 2 s: it is stopped, dead or cut off");
    EXPECT_EQ(silent({{7, 0, 0, 0}, {6, 0, 9000, 0}, {7, 0, 0, 3000}}, 0, 2000, {}),
              "rank 2 gives no sign of life for 3 s: it is stopped, dead or cut off");
    EXPECT_EQ(silent({{7, 0, 0, 3000}, {6, 0, 0, 0}, {7, 0, 0, 4000}}, 1, 2000, kHosts),
              "rank 0 on red gives no sign of life for 3 s: it is stopped, dead or cut off");
}

} // namespace
} // namespace tacit::dist
