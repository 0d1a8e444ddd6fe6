// SPDX-License-Identifier: Apache-2.0
// How often blocks are loaded, and what they take of memory.
#include "tests/pipeline/loader/block_data.hpp"

#include "pipeline/loader/order/reading_order.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <numeric>

namespace tacit::loader {
namespace {

class BlockLoadsTest : public BlockDataTest {
  protected:
    /// Blocks that one rank loads for its first `batches` batches if each is loaded once while it is wanted.
    std::int64_t loads_for(const LoaderOptions& given, std::int64_t batches) const {
        ReadingOrder order(dataset_, given);
        std::map<std::int64_t, std::int64_t> wanted; // block -> last batch
        std::int64_t loads = 0;
        for (std::int64_t batch = 0; batch < batches; ++batch) {
            std::erase_if(wanted, [&](const auto& block) { return block.second <= batch - given.slots; });
            const std::int64_t epoch = batch / order.batches_per_epoch();
            const std::int64_t index = batch % order.batches_per_epoch();
            order.enter(epoch);
            const std::int64_t share = given.global_batch / given.ranks;
            for (std::int64_t p = given.rank * share; p < (given.rank + 1) * share; ++p) {
                const Visit visit = order.at(epoch, index, p);
                const std::int64_t last = visit.last_batch == kAlways ? kAlways : batch + visit.last_batch - index;
                const auto [known, added] = wanted.emplace(visit.block, last);
                known->second = std::max(known->second, last);
                loads += added ? 1 : 0;
            }
        }
        return loads;
    }

    /// Reads `batches` batches; where all that were opened needed the same blocks as those delivered, the loads
    /// are known exactly. Returns how often that was so.
    int check_loads(const LoaderOptions& given, int batches) {
        Loader loader(dataset_, recipe_, given);
        int exact = 0;
        for (int delivered = 1; delivered <= batches; ++delivered) {
            loader.next();
            const std::int64_t least = loads_for(given, delivered);
            const std::int64_t most = loads_for(given, delivered + given.slots - 1);
            EXPECT_GE(loader.stats().block_loads, least) << delivered;
            EXPECT_LE(loader.stats().block_loads, most) << delivered;
            exact += least == most ? 1 : 0;
        }
        return exact;
    }
};

TEST_F(BlockLoadsTest, LoadsEachBlockOnceAWindow) {
    for (const int workers : {1, 3}) {
        LoaderOptions given = options(workers);
        given.slots = 2;
        given.window = 16;
        given.global_batch = 6;
        EXPECT_GT(check_loads(given, 3 * kBatches), 0);
        given.ranks = 3;
        given.rank = 1;
        EXPECT_GT(check_loads(given, 3 * kBatches), 0);
    }
}

TEST_F(BlockLoadsTest, AnEpochLoadsLittleMoreThanEachBlockOnce) {
    const auto blocks = static_cast<std::int64_t>(dataset_.block_starts().size()) - 1;
    EXPECT_LE(loads_for(options(), kBatches), blocks + 3); // a block between two lanes belongs to both
    std::int64_t of_all_ranks = 0;
    for (int rank = 0; rank < 4; ++rank) {
        LoaderOptions given = options();
        given.ranks = 4;
        given.rank = rank;
        of_all_ranks += loads_for(given, kBatches);
    }
    EXPECT_LE(of_all_ranks, blocks + 3);
}

TEST_F(BlockLoadsTest, MemoryStaysWithinItsBoundAndSettles) {
    LoaderOptions given = options(3);
    for (const std::int64_t window : {4, 8, 16, 32}) {
        given.window = window;
        Loader loader(dataset_, recipe_, given);
        for (std::int64_t b = 0; b < 3 * kBatches; ++b) {
            loader.next();
        }
        const double images = static_cast<double>(kImages) / 64; // of a block, on average
        const double blocks = static_cast<double>(std::max(window, given.lanes)) +
                              static_cast<double>(given.slots * kBatch) / images +
                              static_cast<double>(std::max<std::int64_t>(1, window / given.lanes) + given.lanes);
        EXPECT_LE(static_cast<double>(loader.stats().peak_block_bytes),
                  blocks * 3 * static_cast<double>(kShape.bytes()))
            << window;
        EXPECT_GE(loader.stats().peak_block_bytes, static_cast<std::int64_t>(kShape.bytes()) * 3);
    }
}

TEST_F(BlockLoadsTest, KeepsAllBlocksWhenTheWindowHoldsThem) {
    LoaderOptions given = options();
    given.window = 64;
    Loader loader(dataset_, recipe_, given);
    for (int visit = 0; visit < 3; ++visit) {
        for (std::int64_t b = 0; b < kBatches; ++b) {
            loader.next();
        }
        loader.seek(visit, 3);
    }
    EXPECT_EQ(loader.stats().block_loads, 64);
}

TEST_F(BlockLoadsTest, StoredOrderLoadsBlocksInTurnAndOnce) {
    LoaderOptions given = options(3);
    given.shuffle = Shuffle::none;
    given.drop_last = false;
    given.global_batch = 2;
    given.slots = 2;
    EXPECT_GT(check_loads(given, 40), 0);
    EXPECT_EQ(loads_for(given, 88), 63); // 176 images: 12 shards of five blocks, and 8 more images
    Loader loader(dataset_, recipe_, given);
    std::vector<std::int64_t> ids;
    for (int b = 0; b < 90; ++b) {
        const Batch& batch = loader.next();
        ids.insert(ids.end(), batch.ids.begin(), batch.ids.end());
    }
    std::vector<std::int64_t> expected(kImages);
    std::iota(expected.begin(), expected.end(), 0);
    EXPECT_EQ(ids, expected);
    EXPECT_LE(loader.stats().peak_block_bytes, static_cast<std::int64_t>(3 * 3 * kShape.bytes()));
}

TEST_F(BlockLoadsTest, AThinOrUnsortedSubsetInStoredOrderLoadsNoBlocks) {
    LoaderOptions given = options();
    given.shuffle = Shuffle::none;
    given.drop_last = false;
    given.subset = {5, 90, 179};
    Loader thin(dataset_, recipe_, given);
    EXPECT_EQ(thin.next().ids, given.subset);
    EXPECT_EQ(thin.stats().block_loads, 0);
    given.subset.clear();
    for (std::int64_t sample = kImages; sample-- > 0;) {
        given.subset.push_back(sample);
    }
    Loader backwards(dataset_, recipe_, given);
    EXPECT_EQ(backwards.next().ids.front(), kImages - 1);
    EXPECT_EQ(backwards.stats().block_loads, 0);
}

TEST_F(BlockLoadsTest, ADenseSubsetInStoredOrderComesOutOfBlocks) {
    LoaderOptions given = options();
    given.shuffle = Shuffle::none;
    given.drop_last = false;
    for (std::int64_t sample = 0; sample < kImages; ++sample) {
        if (sample % 3 != 1) {
            given.subset.push_back(sample);
        }
    }
    const auto alone = read_alone();
    Loader loader(dataset_, recipe_, given);
    std::vector<std::int64_t> ids;
    for (std::int64_t b = 0; b < loader.batches_per_epoch(); ++b) {
        const Batch& batch = loader.next();
        expect_pixels(batch, alone);
        ids.insert(ids.end(), batch.ids.begin(), batch.ids.end());
    }
    EXPECT_EQ(ids, given.subset);
    EXPECT_GE(loader.stats().block_loads, 60);
}

} // namespace
} // namespace tacit::loader
