// SPDX-License-Identifier: Apache-2.0
#include "tests/mpi_main.hpp"

#include <gtest/gtest.h>

namespace tacit::dist {
namespace {

TEST(MpiMain, RunsOnAllRanksOfTheJob) {
    EXPECT_EQ(world().size(), 2);
    EXPECT_LT(world().rank(), 2);
}

// Run by ctest entries of their own, which expect them to fail.
TEST(MpiMain, DISABLED_failure) {
    EXPECT_NE(world().rank(), 1) << "only here";
}

TEST(MpiMain, DISABLED_hang) {
    if (world().rank() == 0) {
        world().barrier();
    }
}

} // namespace
} // namespace tacit::dist
