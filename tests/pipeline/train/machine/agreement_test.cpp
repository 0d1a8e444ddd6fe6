// SPDX-License-Identifier: Apache-2.0
#include "pipeline/train/machine/agreement.hpp"
#include "tests/mpi_main.hpp"

#include <gtest/gtest.h>

#include <stdexcept>

namespace tacit::train {
namespace {

using dist::world;

TEST(OnRoot, RunsOnRank0Alone) {
    int runs = 0;
    on_root(world(), [&] { ++runs; });
    EXPECT_EQ(runs, world().rank() == 0 ? 1 : 0);
}

TEST(OnRoot, AnErrorOfRank0IsThrownByEveryRankWithItsCode) {
    for (const ExitCode code : {ExitCode::failure, ExitCode::usage}) {
        try {
            on_root(world(), [&] { throw Error("the disk is full", code); });
            FAIL() << "no error";
        } catch (const SharedError& error) {
            EXPECT_STREQ(error.what(), "the disk is full");
            EXPECT_EQ(error.code(), code);
        }
    }
}

TEST(OnRoot, WhatIsNoErrorOfTacitIsAFailureOfEveryRankToo) {
    EXPECT_THROW(on_root(world(), [] { throw std::runtime_error("of a library"); }), SharedError);
    world().barrier(); // all are still in step
}

TEST(TextsOfRanks, AreKnownToAllInTheOrderOfTheRanks) {
    const auto text = [](int rank) { return std::string(static_cast<std::size_t>(rank), 'x'); }; // rank 0 says nothing
    const std::vector<std::string> all = texts_of_ranks(text(world().rank()), world());
    ASSERT_EQ(all.size(), static_cast<std::size_t>(world().size()));
    for (int rank = 0; rank < world().size(); ++rank) {
        EXPECT_EQ(all[static_cast<std::size_t>(rank)], text(rank));
    }
}

} // namespace
} // namespace tacit::train
