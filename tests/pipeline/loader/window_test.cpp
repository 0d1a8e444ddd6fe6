// SPDX-License-Identifier: Apache-2.0
#include "pipeline/loader/order/epoch_order.hpp"
#include "tests/pipeline/loader/block_data.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <stdexcept>

namespace tacit::loader {
namespace {

using WindowTest = BlockDataTest;

TEST_F(WindowTest, BlocksAreWhatTheseTestsAssume) {
    const std::vector<std::int64_t>& starts = dataset_.block_starts();
    EXPECT_EQ(starts.size() - 1, 64U);
    EXPECT_EQ(starts[1], 3);
    EXPECT_EQ(starts[5] - starts[4], 2);
}

TEST_F(WindowTest, BytesOfThreeEpochsDoNotDependOnWorkersOrRanks) {
    const std::vector<std::string> reference = digests(options(1), 1, 3 * kBatches);
    EXPECT_EQ(std::set<std::string>(reference.begin(), reference.end()).size(), reference.size());
    for (const int workers : {2, 3}) {
        EXPECT_EQ(digests(options(workers), 1, 3 * kBatches), reference) << workers << " workers";
    }
    for (const int ranks : {2, 3, 4, 6}) { // 3 ranks cut lanes, 6 are more than there are lanes
        EXPECT_EQ(digests(options(2), ranks, 3 * kBatches), reference) << ranks << " ranks";
    }
}

TEST_F(WindowTest, SeekContinuesAtEveryBatchOfAnEpoch) {
    const std::vector<std::string> straight = digests(options(), 1, kBatches + 4);
    for (std::int64_t first = 1; first <= kBatches; ++first) {
        const std::vector<std::string> resumed = digests(options(), 1, 4, first);
        EXPECT_TRUE(std::equal(resumed.begin(), resumed.end(), straight.begin() + first)) << first;
    }
}

TEST_F(WindowTest, DeliversTheEpochOrderWithTheRightPixels) {
    const auto alone = read_alone();
    const EpochOrder order(dataset_.block_starts(), {11, kBatch, 4, 8}, 0);
    Loader loader(dataset_, recipe_, options());
    for (std::int64_t b = 0; b < kBatches; ++b) {
        const Batch& batch = loader.next();
        expect_pixels(batch, alone);
        for (std::size_t i = 0; i < batch.ids.size(); ++i) {
            EXPECT_EQ(batch.ids[i], order.at(b, static_cast<std::int64_t>(i)).sample);
            EXPECT_EQ(batch.labels[i], batch.ids[i] % 5);
        }
    }
}

TEST_F(WindowTest, ASubsetInAnyOrderIsVisitedInOneOrder) {
    LoaderOptions given = options();
    for (std::int64_t sample = 1; sample < kImages; sample += 2) {
        given.subset.push_back(sample);
    }
    const std::vector<std::string> ascending = digests(given, 1, 10);
    std::reverse(given.subset.begin(), given.subset.end());
    EXPECT_EQ(digests(given, 2, 10), ascending);
    Loader loader(dataset_, recipe_, given);
    ASSERT_EQ(loader.batches_per_epoch(), 7);
    std::set<std::int64_t> seen;
    for (int b = 0; b < 7; ++b) {
        for (const std::int64_t id : loader.next().ids) {
            EXPECT_EQ(id % 2, 1);
            EXPECT_TRUE(seen.insert(id).second);
        }
    }
}

TEST_F(WindowTest, StopsAtAnyMoment) {
    for (int batches = 0; batches < 20; ++batches) {
        Loader loader(dataset_, recipe_, options(3));
        for (int b = 0; b < batches % 5; ++b) {
            loader.next();
        }
        if (batches % 2 == 1) {
            loader.seek(1, batches % kBatches);
            loader.next();
        }
    }
}

TEST_F(WindowTest, RefusesOptionsThatCannotGoTogether) {
    LoaderOptions shorter = options();
    shorter.drop_last = false;
    EXPECT_THROW(Loader(dataset_, recipe_, shorter), std::logic_error);
}

} // namespace
} // namespace tacit::loader
