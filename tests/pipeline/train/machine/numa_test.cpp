// SPDX-License-Identifier: Apache-2.0
#include "pipeline/train/machine/numa.hpp"

#include "pipeline/base/error.hpp"

#include <gtest/gtest.h>

#include <numeric>
#include <set>

namespace tacit::train {
namespace {

using Cores = std::vector<int>;

Cores range(int first, int end) {
    Cores cores(static_cast<std::size_t>(end - first));
    std::iota(cores.begin(), cores.end(), first);
    return cores;
}

TEST(Numa, NodesOfAMachineHaveItsCores) {
    EXPECT_EQ(numa_nodes("numa:2 core:4 pu:1"), (std::vector<Cores>{range(0, 4), range(4, 8)}));
    EXPECT_EQ(numa_nodes("numa:1 core:2 pu:2"), (std::vector<Cores>{range(0, 4)}));
}

TEST(Numa, ThisMachineHasANodeWithCores) {
    const std::vector<Cores> nodes = numa_nodes();
    ASSERT_FALSE(nodes.empty());
    EXPECT_FALSE(nodes.front().empty());
}

TEST(Numa, DescriptionThatMeansNothingIsRefused) {
    EXPECT_THROW(numa_nodes("two sockets"), IoError);
}

TEST(Numa, FewerRanksThanNodesTakeSeveralEach) {
    const std::vector<Cores> nodes = numa_nodes("numa:4 core:2 pu:1");
    EXPECT_EQ(share_of_nodes(nodes, 0, 2), range(0, 4));
    EXPECT_EQ(share_of_nodes(nodes, 1, 2), range(4, 8));
}

TEST(Numa, MoreRanksThanNodesShareThem) {
    const std::vector<Cores> nodes = numa_nodes("numa:2 core:4 pu:1");
    for (int rank = 0; rank < 6; ++rank) {
        EXPECT_EQ(share_of_nodes(nodes, rank, 6), rank < 3 ? range(0, 4) : range(4, 8)) << rank;
    }
}

TEST(Numa, EveryCoreIsSomebodys) {
    const std::vector<Cores> nodes = numa_nodes("numa:4 core:3 pu:1");
    for (int ranks = 1; ranks <= 9; ++ranks) {
        std::set<int> covered;
        for (int rank = 0; rank < ranks; ++rank) {
            const Cores cores = share_of_nodes(nodes, rank, ranks);
            covered.insert(cores.begin(), cores.end());
        }
        EXPECT_EQ(covered.size(), 12U) << ranks << " ranks";
    }
}

} // namespace
} // namespace tacit::train
