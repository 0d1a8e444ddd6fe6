// SPDX-License-Identifier: Apache-2.0
#include "pipeline/shards/import/write/shuffled_order.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <numeric>
#include <vector>

namespace tacit::shards {
namespace {

TEST(ShuffledOrder, IsAPermutationThatKeepsWindowsOfBlocksTogether) {
    const std::vector<std::int64_t> starts = {0, 5, 10, 13, 20, 21};
    for (const std::size_t window : {1U, 2U, 5U, 50U}) {
        std::vector<std::int64_t> order = shuffled_order(starts, window, 7);
        EXPECT_EQ(order, shuffled_order(starts, window, 7));
        EXPECT_NE(order, shuffled_order(starts, window, 8));
        std::vector<std::int64_t> sorted = order;
        std::sort(sorted.begin(), sorted.end());
        std::vector<std::int64_t> all(21);
        std::iota(all.begin(), all.end(), 0);
        EXPECT_EQ(sorted, all);
        if (window == 1) { // the images of a block stand together
            const auto block = [&](std::int64_t image) {
                return std::upper_bound(starts.begin(), starts.end(), image) - starts.begin();
            };
            int changes = 0;
            for (std::size_t i = 1; i < order.size(); ++i) {
                changes += block(order[i]) == block(order[i - 1]) ? 0 : 1;
            }
            EXPECT_EQ(changes, 4);
        }
    }
}

TEST(ShuffledOrder, EveryPlaceIsEquallyLikely) {
    std::vector<std::int64_t> starts(11);
    std::iota(starts.begin(), starts.end(), 0);
    constexpr int kSeeds = 20000;
    std::vector<std::vector<int>> counts(10, std::vector<int>(10, 0));
    for (int seed = 0; seed < kSeeds; ++seed) {
        const std::vector<std::int64_t> order = shuffled_order(starts, 11, static_cast<std::uint64_t>(seed));
        for (std::size_t place = 0; place < 10; ++place) {
            ++counts[place][static_cast<std::size_t>(order[place])];
        }
    }
    double chi_squared = 0;
    for (const std::vector<int>& row : counts) {
        for (const int count : row) {
            chi_squared += (count - kSeeds / 10.0) * (count - kSeeds / 10.0) / (kSeeds / 10.0);
        }
    }
    EXPECT_LT(chi_squared, 133.5); // 81 degrees of freedom: one in 5,000 exceeds it
}

} // namespace
} // namespace tacit::shards
