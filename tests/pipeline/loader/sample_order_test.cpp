// SPDX-License-Identifier: Apache-2.0
#include "pipeline/loader/order/sample_order.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <vector>

namespace tacit::loader {
namespace {

std::vector<std::int64_t> whole(const SampleOrder& order, std::int64_t size) {
    std::vector<std::int64_t> out;
    for (std::int64_t i = 0; i < size; ++i) {
        out.push_back(order.at(i));
    }
    return out;
}

bool is_permutation(const std::vector<std::int64_t>& order) {
    std::vector<bool> seen(order.size(), false);
    for (const std::int64_t sample : order) {
        if (sample < 0 || sample >= static_cast<std::int64_t>(order.size()) || seen[static_cast<std::size_t>(sample)]) {
            return false;
        }
        seen[static_cast<std::size_t>(sample)] = true;
    }
    return true;
}

TEST(SampleOrder, VisitsEverySampleOnce) {
    for (std::int64_t size = 1; size <= 1000; ++size) {
        EXPECT_TRUE(is_permutation(whole(SampleOrder(7, 3, size), size))) << size;
    }
    EXPECT_TRUE(is_permutation(whole(SampleOrder(7, 3, 300'007), 300'007)));
}

TEST(SampleOrder, ReachesHugeDataSetsWithoutAnIndex) {
    const std::int64_t size = (std::int64_t{1} << 40) + 12345;
    const SampleOrder order(1, 0, size);
    for (std::int64_t position = size - 100; position < size; ++position) {
        EXPECT_LT(order.at(position), size);
        EXPECT_GE(order.at(position), 0);
    }
}

TEST(SampleOrder, DiffersByEpochAndSeed) {
    const auto first = whole(SampleOrder(1, 0, 100), 100);
    EXPECT_EQ(first, whole(SampleOrder(1, 0, 100), 100));
    EXPECT_NE(first, whole(SampleOrder(1, 1, 100), 100));
    EXPECT_NE(first, whole(SampleOrder(2, 0, 100), 100));
    EXPECT_NE(first, whole(SampleOrder((std::uint64_t{1} << 32U) + 1, 0, 100), 100));
}

TEST(SampleOrder, SpreadsEachPositionEvenlyOverEpochs) {
    // 6000 epochs of 10 samples: each sample lands first 600 times on average, sigma 23.
    std::vector<int> landed(10, 0);
    for (std::uint32_t epoch = 0; epoch < 6000; ++epoch) {
        ++landed[static_cast<std::size_t>(SampleOrder(5, epoch, 10).at(0))];
    }
    for (const int count : landed) {
        EXPECT_NEAR(count, 600, 120);
    }
}

TEST(SampleOrder, StaysWhatItWas) {
    // A resumed run must visit what the interrupted one would have: these values may never change.
    EXPECT_EQ(whole(SampleOrder(1, 0, 10), 10), (std::vector<std::int64_t>{4, 6, 8, 9, 7, 2, 5, 1, 0, 3}));
}

} // namespace
} // namespace tacit::loader
