// SPDX-License-Identifier: Apache-2.0
#include "pipeline/base/error.hpp"
#include "pipeline/loader/batch_digest.hpp"
#include "pipeline/loader/loader.hpp"
#include "pipeline/loader/order/reading_order.hpp"
#include "pipeline/loader/recipe_config.hpp"
#include "pipeline/shards/import/import.hpp"
#include "tests/pipeline/loader/small_crops.hpp"
#include "tests/pipeline/shards/image_fixtures.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>

namespace tacit::loader {
namespace {

constexpr augment::ImageShape kShape{300, 300, 3}; // three images are a block
constexpr int kImages = 61;
constexpr std::int64_t kBatch = 8;
constexpr int kBatches = 7;
const std::vector<std::int64_t> kBad{4, 21, 22, 23}; // 21 to 23 are a whole block

/// A data set of which some images are damaged after it was written, read in both shuffles.
class BadSamplesTest : public ::testing::TestWithParam<Shuffle> {
  protected:
    BadSamplesTest() : recipe_(testing::small_crops(), 3) {
        testing::write_raw_split(folder_.path(), "train", kShape, kImages, 5);
        damage(kBad);
    }

    void damage(const std::vector<std::int64_t>& samples) {
        std::vector<std::uint8_t> bytes = testing::read_bytes(path());
        for (const std::int64_t sample : samples) {
            const std::vector<std::uint8_t> image = testing::make_pixels(kShape, static_cast<int>(sample));
            const auto place = std::search(bytes.begin(), bytes.end(), image.begin(), image.end());
            ASSERT_NE(place, bytes.end());
            *(place + 1000) ^= 1U;
        }
        testing::write_bytes(path(), bytes);
    }

    std::string path() const { return folder_ / "train-00000.h5"; }
    shards::Dataset open() const { return shards::Dataset::open(folder_.path(), "train"); }

    static LoaderOptions options(int workers = 2) {
        LoaderOptions options;
        options.seed = 3;
        options.global_batch = kBatch;
        options.workers = workers;
        options.shuffle = GetParam();
        options.window = 8;
        options.lanes = 4;
        options.on_bad_sample = OnBadSample::skip;
        return options;
    }

    TemporaryFolder folder_;
    augment::Recipe recipe_;
};

INSTANTIATE_TEST_SUITE_P(Shuffles, BadSamplesTest, ::testing::Values(Shuffle::full, Shuffle::window),
                         [](const auto& shuffle) { return shuffle.param == Shuffle::full ? "Full" : "Window"; });

bool is_bad(std::int64_t sample) {
    return std::find(kBad.begin(), kBad.end(), sample) != kBad.end();
}

TEST_P(BadSamplesTest, TheNextGoodSampleOfTheOrderTakesThePlace) {
    const shards::Dataset dataset = open();
    ReadingOrder order(dataset, options());
    order.enter(0);
    Loader loader(dataset, recipe_, options());
    for (int b = 0; b < kBatches; ++b) {
        const Batch& batch = loader.next();
        for (std::int64_t p = 0; p < kBatch; ++p) {
            const Visit place = order.at(0, b, p);
            Visit visit = place;
            while (is_bad(visit.sample)) {
                visit = order.after(0, place, visit);
            }
            EXPECT_EQ(batch.ids[static_cast<std::size_t>(p)], visit.sample);
            EXPECT_EQ(batch.labels[static_cast<std::size_t>(p)], visit.sample % 5);
        }
    }
}

TEST_P(BadSamplesTest, SkippingGivesTheSameBytesForAllWorkersAndRanks) {
    const shards::Dataset dataset = open();
    const std::vector<std::string> reference = batch_digests(dataset, recipe_, options(1), 1, 3 * kBatches);
    for (const int workers : {2, 3}) {
        EXPECT_EQ(batch_digests(dataset, recipe_, options(workers), 1, 3 * kBatches), reference);
    }
    for (const int ranks : {2, 4}) {
        EXPECT_EQ(batch_digests(dataset, recipe_, options(), ranks, 3 * kBatches), reference);
    }
    const std::vector<std::string> resumed = batch_digests(dataset, recipe_, options(), 1, 5, 9);
    EXPECT_TRUE(std::equal(resumed.begin(), resumed.end(), reference.begin() + 9));
}

TEST_P(BadSamplesTest, EachIsListedOnceWithItsMessage) {
    const shards::Dataset dataset = open();
    Loader loader(dataset, recipe_, options(3));
    for (int b = 0; b < 5 * kBatches; ++b) {
        loader.next();
    }
    const std::vector<BadSample> bad = loader.bad_samples();
    ASSERT_EQ(bad.size(), kBad.size());
    for (std::size_t i = 0; i < bad.size(); ++i) {
        EXPECT_EQ(bad[i].sample, kBad[i]);
        EXPECT_NE(bad[i].message.find("image " + std::to_string(kBad[i]) + " "), std::string::npos) << bad[i].message;
    }
}

TEST_P(BadSamplesTest, TooManyStopTheRunWithALineThatSaysSo) {
    const shards::Dataset dataset = open();
    LoaderOptions strict = options();
    strict.max_bad_samples = 3;
    Loader loader(dataset, recipe_, strict);
    const auto read = [&] {
        for (int b = 0; b < 5 * kBatches; ++b) {
            loader.next();
        }
    };
    const std::string message = message_of<DataError>(read);
    EXPECT_NE(message.find("more than 3 images cannot be used (data.max_bad_samples)"), std::string::npos) << message;
}

TEST_P(BadSamplesTest, FailingNamesTheSample) {
    const shards::Dataset dataset = open();
    LoaderOptions failing = options(3);
    failing.on_bad_sample = OnBadSample::fail;
    Loader loader(dataset, recipe_, failing);
    const auto read = [&] {
        for (int b = 0; b < 5 * kBatches; ++b) {
            loader.next();
        }
    };
    for (int attempt = 0; attempt < 2; ++attempt) {
        const std::string message = message_of<DataError>(read);
        EXPECT_NE(message.find("train-00000.h5: images: image "), std::string::npos) << message;
        EXPECT_NE(message.find("is damaged"), std::string::npos) << message;
    }
    EXPECT_TRUE(loader.bad_samples().empty());
}

TEST_P(BadSamplesTest, AllOfABlockThatCannotBeLoadedAreBad) {
    const shards::Dataset dataset = open();
    const std::vector<std::uint8_t> image = testing::make_pixels(kShape, 55);
    const std::vector<std::uint8_t> bytes = testing::read_bytes(path());
    const auto place = std::search(bytes.begin(), bytes.end(), image.begin(), image.end());
    std::filesystem::resize_file(path(), static_cast<std::uintmax_t>(place - bytes.begin())); // amid block 54 to 56
    Loader loader(dataset, recipe_, options());
    for (int b = 0; b < 5 * kBatches; ++b) {
        for (const std::int64_t id : loader.next().ids) {
            EXPECT_LT(id, 55);
        }
    }
    const bool block_is_lost = GetParam() == Shuffle::window;
    const std::vector<BadSample> bad = loader.bad_samples();
    EXPECT_EQ(bad.size(), kBad.size() + (block_is_lost ? 7 : 6));
}

TEST_P(BadSamplesTest, GivesUpWhereNothingCanTakeThePlace) {
    const shards::Dataset dataset = open();
    std::filesystem::resize_file(path(), 100);
    Loader loader(dataset, recipe_, options());
    const std::string message = message_of<DataError>([&] { loader.next(); });
    EXPECT_NE(message.find("no image can take the place"), std::string::npos) << message;
}

/// Photos of many sizes, one of which is read but cannot be resized.
class MisfitTest : public ::testing::Test {
  protected:
    static constexpr std::int64_t kMisfit = 3;

    MisfitTest() : recipe_(eval_recipe(64, 3), 3) {
        for (int i = 0; i < 8; ++i) {
            const augment::ImageShape shape =
                i == kMisfit ? augment::ImageShape{1, 4000, 3} : augment::ImageShape{40, 30 + i, 3};
            testing::write_bytes(folder_ / ("photos/" + std::to_string(i) + ".png"), testing::make_png(shape, i));
        }
        shards::ImportOptions import;
        import.path = folder_ / "photos";
        import.out = folder_ / "shards";
        shards::import_images(import);
    }

    shards::Dataset open() const { return shards::Dataset::open(folder_ / "shards", "train"); }

    static LoaderOptions options(Shuffle shuffle, OnBadSample what) {
        LoaderOptions options;
        options.global_batch = 4;
        options.workers = 2;
        options.shuffle = shuffle;
        options.lanes = 4;
        options.on_bad_sample = what;
        return options;
    }

    TemporaryFolder folder_;
    augment::Recipe recipe_;
};

TEST_F(MisfitTest, IsNamedWhereNothingMayBeSkipped) {
    const shards::Dataset dataset = open();
    for (const Shuffle shuffle : {Shuffle::none, Shuffle::full, Shuffle::window}) {
        Loader loader(dataset, recipe_, options(shuffle, OnBadSample::fail));
        const std::string message = message_of<DataError>([&] {
            loader.next();
            loader.next();
        });
        EXPECT_NE(message.find(dataset.name(kMisfit) + ": an image of 1 x 4000 pixels is too narrow"),
                  std::string::npos)
            << message;
    }
}

TEST_F(MisfitTest, IsReplacedAndListedLikeADamagedSample) {
    const shards::Dataset dataset = open();
    for (const Shuffle shuffle : {Shuffle::full, Shuffle::window}) {
        Loader loader(dataset, recipe_, options(shuffle, OnBadSample::skip));
        for (int b = 0; b < 4; ++b) {
            for (const std::int64_t id : loader.next().ids) {
                EXPECT_NE(id, kMisfit);
            }
        }
        ASSERT_EQ(loader.bad_samples().size(), 1U);
        EXPECT_EQ(loader.bad_samples()[0].sample, kMisfit);
        EXPECT_NE(loader.bad_samples()[0].message.find(dataset.name(kMisfit)), std::string::npos);
    }
}

TEST_F(MisfitTest, LeavesItsPlaceEmptyInStoredOrder) {
    const shards::Dataset dataset = open();
    Loader loader(dataset, recipe_, options(Shuffle::none, OnBadSample::skip));
    EXPECT_EQ(loader.next().ids, (std::vector<std::int64_t>{0, 1, 2, -1}));
    EXPECT_EQ(loader.next().ids, (std::vector<std::int64_t>{4, 5, 6, 7}));
    EXPECT_EQ(loader.bad_samples().size(), 1U);
}

} // namespace
} // namespace tacit::loader
