// SPDX-License-Identifier: Apache-2.0
#include "pipeline/loader/loader.hpp"

#include "pipeline/base/error.hpp"
#include "pipeline/loader/batch_digest.hpp"
#include "pipeline/loader/order/sample_order.hpp"
#include "pipeline/loader/throughput.hpp"
#include "tests/pipeline/shards/image_fixtures.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cstring>
#include <map>
#include <memory_resource>
#include <numeric>
#include <set>
#include <thread>

namespace tacit::loader {
namespace {

constexpr augment::ImageShape kShape{12, 12, 3};
constexpr int kImages = 50;
constexpr int kThreeEpochs = 18; ///< batches

/// A small data set and a recipe with two random views, shared by all tests of the file.
class LoaderTest : public ::testing::Test {
  protected:
    LoaderTest()
        : dataset_((testing::write_raw_split(folder_.path(), "train", kShape, kImages, 5),
                    shards::Dataset::open(folder_.path(), "train"))),
          recipe_(augment::preset("simclr", 8, 3), 3) {}

    static LoaderOptions options(int workers = 2, int rank = 0, int ranks = 1) {
        LoaderOptions options;
        options.seed = 11;
        options.global_batch = 8;
        options.workers = workers;
        options.rank = rank;
        options.ranks = ranks;
        return options;
    }

    std::vector<std::string> digests(int workers, int ranks, int batches, std::int64_t first = 0) {
        return batch_digests(dataset_, recipe_, options(workers), ranks, batches, first);
    }

    TemporaryFolder folder_;
    shards::Dataset dataset_;
    augment::Recipe recipe_;
};

TEST_F(LoaderTest, BytesDoNotDependOnWorkersOrRanks) {
    const std::vector<std::string> reference = digests(1, 1, kThreeEpochs);
    EXPECT_EQ(std::set<std::string>(reference.begin(), reference.end()).size(), reference.size());
    for (const int workers : {2, 3}) {
        EXPECT_EQ(digests(workers, 1, kThreeEpochs), reference) << workers << " workers";
    }
    for (const int ranks : {2, 4, 8}) {
        EXPECT_EQ(digests(2, ranks, kThreeEpochs), reference) << ranks << " ranks";
    }
}

TEST_F(LoaderTest, SeekContinuesLikeAStraightRun) {
    const std::vector<std::string> straight = digests(2, 1, kThreeEpochs);
    for (int first = 1; first < kThreeEpochs; ++first) {
        const std::vector<std::string> resumed = digests(2, 1, kThreeEpochs - first, first);
        EXPECT_TRUE(std::equal(resumed.begin(), resumed.end(), straight.begin() + first)) << first;
    }
}

TEST_F(LoaderTest, SeekBackWhileRunningRepeatsTheBytes) {
    Loader loader(dataset_, recipe_, options());
    const std::string first = batch_digest({&loader.next()});
    loader.next();
    loader.seek(0, 0);
    EXPECT_EQ(batch_digest({&loader.next()}), first);
}

TEST_F(LoaderTest, AnEpochEndsWithWholeStepsWhereBatchesBelongTogether) {
    for (const Shuffle shuffle : {Shuffle::full, Shuffle::window}) {
        LoaderOptions each = options();
        each.shuffle = shuffle;
        LoaderOptions together = each;
        together.batches_together = 4;
        Loader all(dataset_, recipe_, each);
        Loader whole(dataset_, recipe_, together);
        EXPECT_EQ(all.batches_per_epoch(), 6);
        EXPECT_EQ(whole.batches_per_epoch(), 4);
        for (int epoch = 0; epoch < 3; ++epoch) {
            for (int batch = 0; batch < 6; ++batch) {
                const std::string digest = batch_digest({&all.next()});
                if (batch < 4) {
                    EXPECT_EQ(batch_digest({&whole.next()}), digest) << epoch << " " << batch;
                }
            }
        }
    }
}

TEST_F(LoaderTest, RecipeNoneDeliversWhatIsStored) {
    const augment::Recipe none(augment::preset("none", kShape.height, kShape.channels), kShape.channels);
    Loader loader(dataset_, none, options());
    const Batch& batch = loader.next();
    shards::SampleBuffer buffer;
    for (std::size_t i = 0; i < batch.ids.size(); ++i) {
        const augment::ImageView stored = dataset_.read(batch.ids[i], buffer);
        EXPECT_EQ(std::memcmp(batch.views[0].pixels.data() + i * kShape.bytes(), stored.data, kShape.bytes()), 0) << i;
    }
}

TEST_F(LoaderTest, DamageIsNoticedInImagesThatNoOperationTouches) {
    const std::string shard = folder_ / "train-00000.h5";
    shards::SampleBuffer buffer;
    const augment::ImageView image = dataset_.read(17, buffer);
    std::vector<std::uint8_t> bytes = testing::read_bytes(shard);
    const auto place = std::search(bytes.begin(), bytes.end(), image.data, image.data + kShape.bytes());
    ASSERT_NE(place, bytes.end());
    *place ^= 1;
    testing::write_bytes(shard, bytes);
    const augment::Recipe none(augment::preset("none", kShape.height, kShape.channels), kShape.channels);
    Loader loader(dataset_, none, options());
    const std::string message = message_of<DataError>([&] {
        for (int b = 0; b < kThreeEpochs; ++b) {
            loader.next();
        }
    });
    EXPECT_NE(message.find("image 17"), std::string::npos) << message;
}

TEST_F(LoaderTest, FollowsTheSampleOrderAndNumbersItsBatches) {
    Loader loader(dataset_, recipe_, options());
    ASSERT_EQ(loader.batches_per_epoch(), 6);
    for (int b = 0; b < 13; ++b) {
        const Batch& batch = loader.next();
        EXPECT_EQ(batch.epoch, b / 6);
        EXPECT_EQ(batch.index, b % 6);
        ASSERT_EQ(batch.count, 8);
        const SampleOrder order(11, static_cast<std::uint32_t>(b / 6), kImages);
        for (std::int64_t i = 0; i < 8; ++i) {
            const auto slot = static_cast<std::size_t>(i);
            EXPECT_EQ(batch.ids[slot], order.at((b % 6) * 8 + i));
            EXPECT_EQ(batch.labels[slot], batch.ids[slot] % 5);
        }
    }
}

TEST_F(LoaderTest, DeliversViewsOfSeveralSizesWithAllTheirTargets) {
    const augment::OpSpec crop{"random_resized_crop", 1.0, {}};
    const augment::OpSpec large{"random_resized_crop", 1.0, {{"size", {16}}}};
    const augment::Recipe recipe({"test",
                                  8,
                                  {{{crop, {"rotate90", 1.0, {}}, {"patch_mask", 1.0, {{"patch", {2}}}}}, 0},
                                   {{large, {"jigsaw", 1.0, {{"grid", {2}}}}}, 1, 12},
                                   {{crop, {"multi_block_mask", 1.0, {{"patch", {1}}}}}, 2, 6}}},
                                 3);
    Loader loader(dataset_, recipe, options());
    const Batch& batch = loader.next();
    std::vector<augment::ViewSlot> slots;
    std::vector<std::vector<std::uint8_t>> pixels;
    std::vector<std::vector<std::uint8_t>> masks;
    std::vector<std::int32_t> classes(6, 0);
    for (std::size_t v = 0; v < 3; ++v) {
        pixels.emplace_back(batch.views[v].shape.bytes());
        masks.emplace_back(batch.views[v].mask_shape.bytes());
        slots.push_back({pixels[v].data(), masks[v].data(), &classes[2 * v], &classes[2 * v + 1], nullptr});
    }
    EXPECT_EQ(batch.views[1].shape, (augment::ImageShape{12, 12, 3}));
    EXPECT_EQ(batch.views[2].mask_shape, (augment::MaskShape{5, 6, 6}));
    EXPECT_TRUE(batch.views[1].masks.empty() && batch.views[1].rotation.empty());
    augment::Workspace workspace;
    shards::SampleBuffer buffer;
    for (std::size_t i = 0; i < 8; ++i) {
        recipe.apply(dataset_.read(batch.ids[i], buffer), {11, 0, static_cast<std::uint64_t>(batch.ids[i])}, slots,
                     workspace);
        for (std::size_t v = 0; v < 3; ++v) {
            const BatchView& view = batch.views[v];
            EXPECT_EQ(std::memcmp(view.pixels.data() + i * pixels[v].size(), pixels[v].data(), pixels[v].size()), 0);
            EXPECT_TRUE(std::equal(masks[v].begin(), masks[v].end(), view.masks.data() + i * masks[v].size()));
        }
        EXPECT_EQ(batch.views[0].rotation[i], classes[0]);
        EXPECT_EQ(batch.views[1].permutation[i], classes[3]);
    }
}

TEST_F(LoaderTest, WithoutDropLastEverySampleComesOnce) {
    for (const int ranks : {1, 4}) {
        std::vector<std::int64_t> ids;
        for (int rank = 0; rank < ranks; ++rank) {
            LoaderOptions all = options(2, rank, ranks);
            all.drop_last = false;
            Loader loader(dataset_, recipe_, all);
            ASSERT_EQ(loader.batches_per_epoch(), 7);
            for (int b = 0; b < 7; ++b) {
                const Batch& batch = loader.next();
                EXPECT_EQ(batch.views[1].pixels.size(), static_cast<std::size_t>(batch.count) * 8 * 8 * 3);
                ids.insert(ids.end(), batch.ids.begin(), batch.ids.end());
            }
        }
        std::sort(ids.begin(), ids.end());
        std::vector<std::int64_t> expected(kImages);
        std::iota(expected.begin(), expected.end(), 0);
        EXPECT_EQ(ids, expected);
    }
}

TEST_F(LoaderTest, SubsetInOrderVisitsThoseSamplesAlone) {
    LoaderOptions some = options();
    some.subset = {40, 3, 17};
    some.shuffle = Shuffle::none;
    some.drop_last = false;
    Loader loader(dataset_, recipe_, some);
    EXPECT_EQ(loader.batches_per_epoch(), 1);
    for (int epoch = 0; epoch < 3; ++epoch) {
        const Batch& batch = loader.next();
        EXPECT_EQ(batch.ids, some.subset);
        EXPECT_EQ(batch.epoch, epoch);
    }
}

TEST_F(LoaderTest, FixedEpochRepeatsTheAugmentation) {
    LoaderOptions fixed = options();
    fixed.shuffle = Shuffle::none;
    fixed.global_batch = 10;
    fixed.fixed_epoch = 0;
    Loader loader(dataset_, recipe_, fixed);
    const std::string first = batch_digest({&loader.next()});
    loader.seek(3, 0);
    EXPECT_EQ(batch_digest({&loader.next()}), first);
}

TEST_F(LoaderTest, BatchStorageIsAllocatedOnce) {
    Loader loader(dataset_, recipe_, options());
    std::set<const std::uint8_t*> places;
    for (int b = 0; b < 20; ++b) {
        places.insert(loader.next().views[0].pixels.data());
    }
    EXPECT_EQ(places.size(), 3U);
}

/// Counts what is asked of it.
class CountingMemory : public std::pmr::memory_resource {
  public:
    int allocations = 0;
    std::map<const void*, std::size_t> live;

    bool holds(const void* place) const {
        const auto after = live.upper_bound(place);
        return after != live.begin() &&
               place < static_cast<const char*>(std::prev(after)->first) + std::prev(after)->second;
    }

  private:
    void* do_allocate(std::size_t bytes, std::size_t alignment) override {
        void* const memory = std::pmr::new_delete_resource()->allocate(bytes, alignment);
        ++allocations;
        live.emplace(memory, bytes);
        return memory;
    }
    void do_deallocate(void* memory, std::size_t bytes, std::size_t alignment) override {
        live.erase(memory);
        std::pmr::new_delete_resource()->deallocate(memory, bytes, alignment);
    }
    bool do_is_equal(const memory_resource& other) const noexcept override { return this == &other; }
};

TEST_F(LoaderTest, ViewsLieInTheMemoryThatIsGiven) {
    CountingMemory memory;
    LoaderOptions given = options();
    given.memory = &memory;
    {
        Loader loader(dataset_, recipe_, given);
        const std::string first = batch_digest({&loader.next()});
        EXPECT_EQ(first, digests(2, 1, 1).front());
        const int made = memory.allocations;
        EXPECT_EQ(made, 3 * 2); // slots times views, of pixels alone
        for (int b = 0; b < 20; ++b) {
            for (const BatchView& view : loader.next().views) {
                EXPECT_TRUE(memory.holds(view.pixels.data()));
            }
        }
        loader.seek(0, 0);
        EXPECT_EQ(batch_digest({&loader.next()}), first);
        EXPECT_EQ(memory.allocations, made);
    }
    EXPECT_TRUE(memory.live.empty());
}

TEST_F(LoaderTest, IsReadyWhereTheNextBatchNeedNotBeWaitedFor) {
    Loader loader(dataset_, recipe_, options());
    EXPECT_FALSE(loader.ready()); // nobody has begun
    for (int b = 0; b < 5; ++b) {
        loader.next();
        const auto limit = std::chrono::steady_clock::now() + std::chrono::seconds(20);
        while (!loader.ready() && std::chrono::steady_clock::now() < limit) {
            std::this_thread::yield();
        }
        ASSERT_TRUE(loader.ready());
        const double waited = loader.stats().wait_seconds;
        loader.next();
        EXPECT_LT(loader.stats().wait_seconds - waited, 0.005);
    }
}

TEST_F(LoaderTest, DamagedSampleSurfacesWithItsNameAgainAndAgain) {
    const std::string path = folder_ / "train-00000.h5";
    std::vector<std::uint8_t> bytes = testing::read_bytes(path);
    const std::vector<std::uint8_t> image = testing::make_pixels(kShape, 21);
    const auto place = std::search(bytes.begin(), bytes.end(), image.begin(), image.end());
    ASSERT_NE(place, bytes.end());
    *place ^= 1U;
    testing::write_bytes(path, bytes);
    const shards::Dataset damaged = shards::Dataset::open(folder_.path(), "train");
    Loader loader(damaged, recipe_, options(3));
    const auto read_epoch = [&] {
        for (int b = 0; b < 7; ++b) {
            loader.next();
        }
    };
    for (int attempt = 0; attempt < 2; ++attempt) {
        const std::string message = message_of<DataError>(read_epoch);
        EXPECT_NE(message.find("images: image 21 "), std::string::npos) << message;
    }
}

TEST_F(LoaderTest, StopsAtAnyMoment) {
    for (int batches = 0; batches < 30; ++batches) {
        Loader loader(dataset_, recipe_, options(3));
        for (int b = 0; b < batches % 4; ++b) {
            loader.next();
        }
    }
}

TEST_F(LoaderTest, RefusesABatchThatRanksCannotShare) {
    const std::string message = message_of<ConfigError>([&] { Loader(dataset_, recipe_, options(1, 0, 3)); });
    EXPECT_NE(message.find("a global batch of 8 cannot be shared by 3 ranks"), std::string::npos) << message;
}

TEST_F(LoaderTest, RefusesLessThanOneBatch) {
    LoaderOptions large = options();
    large.global_batch = 64;
    const std::string message = message_of<ConfigError>([&] { Loader(dataset_, recipe_, large); });
    EXPECT_NE(message.find("50 images are less than one global batch of 64"), std::string::npos) << message;
}

TEST_F(LoaderTest, CountsWhatItDelivers) {
    Loader loader(dataset_, recipe_, options());
    for (int b = 0; b < 5; ++b) {
        loader.next();
    }
    EXPECT_EQ(loader.stats().samples, 40);
    EXPECT_GE(loader.stats().wait_seconds, 0.0);
}

TEST_F(LoaderTest, ThroughputCountsImagesOfTheTimedBatches) {
    const Throughput result = measure_throughput(dataset_, recipe_, options(), 0.05);
    EXPECT_GE(result.seconds, 0.05);
    EXPECT_EQ(result.images % 8, 0);
    EXPECT_NEAR(result.images_per_second, static_cast<double>(result.images) / result.seconds, 1e-6);
    EXPECT_NEAR(result.views_per_second, 2 * result.images_per_second, 1e-6);
    EXPECT_GT(result.worker_seconds, 0.0);
}

} // namespace
} // namespace tacit::loader
