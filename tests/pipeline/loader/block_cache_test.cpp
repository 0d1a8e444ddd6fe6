// SPDX-License-Identifier: Apache-2.0
#include "pipeline/loader/block_cache.hpp"

#include "pipeline/base/error.hpp"
#include "pipeline/loader/order/epoch_order.hpp"
#include "tests/pipeline/shards/image_fixtures.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <latch>
#include <thread>

namespace tacit::loader {
namespace {

constexpr augment::ImageShape kShape{300, 300, 3}; // three images are a block

class BlockCacheTest : public ::testing::Test {
  protected:
    BlockCacheTest()
        : dataset_((testing::write_raw_split(folder_.path(), "train", kShape, 20, 2),
                    shards::Dataset::open(folder_.path(), "train"))),
          cache_(dataset_) {}

    std::int64_t first_of(BlockCache::Entry& entry) { return cache_.get(entry, scratch_).first; }

    TemporaryFolder folder_;
    shards::Dataset dataset_;
    BlockCache cache_;
    shards::ArrayScratch scratch_;
};

TEST_F(BlockCacheTest, LoadsOnFirstNeedAndOnce) {
    BlockCache::Entry& entry = cache_.want(2, 0);
    EXPECT_EQ(cache_.loads(), 0);
    EXPECT_EQ(first_of(entry), 6);
    EXPECT_EQ(first_of(cache_.want(2, 5)), 6);
    EXPECT_EQ(cache_.loads(), 1);
}

TEST_F(BlockCacheTest, KeepsABlockUntilItsLastBatchIsReleased) {
    first_of(cache_.want(2, 1));
    cache_.want(2, 3);
    cache_.release(2);
    first_of(cache_.want(2, 3));
    EXPECT_EQ(cache_.loads(), 1);
    cache_.release(3);
    first_of(cache_.want(2, 4));
    EXPECT_EQ(cache_.loads(), 2);
}

TEST_F(BlockCacheTest, UsesBuffersAgain) {
    for (std::int64_t batch = 0; batch < 12; ++batch) {
        first_of(cache_.want(batch % 6, batch));
        cache_.release(batch);
    }
    EXPECT_EQ(cache_.loads(), 12);
    EXPECT_EQ(cache_.bytes(), static_cast<std::int64_t>(3 * kShape.bytes()));
}

TEST_F(BlockCacheTest, ClearingKeepsWhatIsWantedForAlways) {
    first_of(cache_.want(1, kAlways));
    first_of(cache_.want(2, 7));
    cache_.clear();
    first_of(cache_.want(1, kAlways));
    first_of(cache_.want(2, 7));
    EXPECT_EQ(cache_.loads(), 3);
}

TEST_F(BlockCacheTest, ThreadsThatNeedOneBlockShareOneLoad) {
    constexpr int kThreads = 4;
    for (std::int64_t round = 0; round < 20; ++round) {
        BlockCache::Entry& entry = cache_.want(round % 6, round);
        std::latch start(kThreads);
        std::vector<std::jthread> threads;
        for (int i = 0; i < kThreads; ++i) {
            threads.emplace_back([&] {
                shards::ArrayScratch scratch;
                start.arrive_and_wait();
                EXPECT_EQ(cache_.get(entry, scratch).number, round % 6);
            });
        }
        threads.clear();
        cache_.release(round);
    }
    EXPECT_EQ(cache_.loads(), 20);
}

TEST_F(BlockCacheTest, AFailedLoadFailsAgainUntilTheBlockIsDropped) {
    const std::string path = folder_ / "train-00000.h5";
    const std::vector<std::uint8_t> bytes = testing::read_bytes(path);
    std::filesystem::resize_file(path, bytes.size() / 2);
    BlockCache::Entry& entry = cache_.want(6, 0);
    EXPECT_THROW(first_of(entry), DataError);
    EXPECT_THROW(first_of(entry), DataError);
    EXPECT_EQ(cache_.loads(), 1);
    testing::write_bytes(path, bytes);
    cache_.clear();
    EXPECT_EQ(first_of(cache_.want(6, 0)), 18);
}

} // namespace
} // namespace tacit::loader
