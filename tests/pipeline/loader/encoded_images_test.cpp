// SPDX-License-Identifier: Apache-2.0
#include "pipeline/base/digest.hpp"
#include "pipeline/base/error.hpp"
#include "pipeline/loader/loader.hpp"
#include "pipeline/shards/format/shard_writer.hpp"
#include "tests/pipeline/shards/image_fixtures.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>

namespace tacit::loader {
namespace {

constexpr int kImages = 24;
constexpr std::int64_t kBatch = 8;
const std::vector<std::int64_t> kBad{3, 10, 12};

augment::ImageShape shape_of(int image) {
    return {120 + 7 * (image % 5), 150 - 11 * (image % 4), 3};
}

/// JPEGs and PNGs of several sizes, read in both shuffles.
class EncodedImagesTest : public ::testing::TestWithParam<Shuffle> {
  protected:
    EncodedImagesTest() : recipe_(augment::preset("simclr", 32, 3), 3) {
        shards::ShardWriter writer(folder_.path(), {"train", shards::Layout::encoded, {0, 0, 3}, {"a"}, "a test"});
        for (int i = 0; i < kImages; ++i) {
            const auto file = i % 6 == 5 ? testing::make_png(shape_of(i), i) : testing::make_jpeg(shape_of(i), i);
            writer.add(file, crc32c(file.data(), file.size()), 0, static_cast<std::uint64_t>(i));
        }
        writer.seal({0.5, 0.5, 0.5}, {0.5, 0.5, 0.5});
    }

    std::string shard() const { return folder_ / "train-00000.h5"; }
    shards::Dataset open() const { return shards::Dataset::open(folder_.path(), "train"); }

    static LoaderOptions options() {
        LoaderOptions options;
        options.seed = 5;
        options.global_batch = kBatch;
        options.workers = 2;
        options.shuffle = GetParam();
        options.window = 2;
        options.lanes = 1;
        return options;
    }

    /// Whether the batch holds the views that its images give when they are decoded whole.
    void expect_views_of_whole_images(const Batch& batch, const shards::Dataset& dataset) {
        std::vector<std::vector<std::uint8_t>> pixels(2, std::vector<std::uint8_t>(recipe_.output().bytes()));
        augment::Workspace workspace;
        shards::SampleBuffer buffer;
        for (std::size_t i = 0; i < batch.ids.size(); ++i) {
            const augment::SampleKey key{5, static_cast<std::uint32_t>(batch.epoch),
                                         static_cast<std::uint64_t>(batch.ids[i])};
            recipe_.apply(dataset.read(batch.ids[i], buffer), key, {{pixels[0].data()}, {pixels[1].data()}}, workspace);
            for (std::size_t v = 0; v < 2; ++v) {
                const std::uint8_t* delivered = batch.views[v].pixels.data() + i * pixels[v].size();
                EXPECT_EQ(std::memcmp(delivered, pixels[v].data(), pixels[v].size()), 0) << batch.ids[i];
            }
        }
    }

    TemporaryFolder folder_;
    augment::Recipe recipe_;
};

INSTANTIATE_TEST_SUITE_P(Shuffles, EncodedImagesTest, ::testing::Values(Shuffle::full, Shuffle::window),
                         [](const auto& shuffle) { return shuffle.param == Shuffle::full ? "Full" : "Window"; });

TEST_P(EncodedImagesTest, ViewsAreThoseOfWholeImages) {
    const shards::Dataset dataset = open();
    Loader loader(dataset, recipe_, options());
    for (int b = 0; b < 6; ++b) {
        expect_views_of_whole_images(loader.next(), dataset);
    }
}

TEST_P(EncodedImagesTest, ViewsOfAnImageThatTakesAnothersPlaceAreItsOwn) {
    std::vector<std::uint8_t> bytes = testing::read_bytes(shard());
    for (const std::int64_t bad : kBad) {
        const std::vector<std::uint8_t> file =
            testing::make_jpeg(shape_of(static_cast<int>(bad)), static_cast<int>(bad));
        const auto place = std::search(bytes.begin(), bytes.end(), file.begin(), file.end());
        ASSERT_NE(place, bytes.end());
        *(place + 300) ^= 1U;
    }
    testing::write_bytes(shard(), bytes);
    const shards::Dataset dataset = open();
    LoaderOptions skipping = options();
    skipping.on_bad_sample = OnBadSample::skip;
    Loader loader(dataset, recipe_, skipping);
    for (int b = 0; b < 6; ++b) {
        expect_views_of_whole_images(loader.next(), dataset);
    }
    EXPECT_EQ(loader.bad_samples().size(), kBad.size());
}

TEST(EncodedImages, OnlyTheWindowOfAJpegIsDecoded) {
    const TemporaryFolder folder;
    const augment::ImageShape shape{400, 300, 3};
    shards::ShardWriter writer(folder.path(), {"train", shards::Layout::encoded, shape, {"a"}, "a test"});
    const std::vector<std::uint8_t> file = testing::make_jpeg(shape, 1);
    writer.add(file, crc32c(file.data(), file.size()), 0, 0);
    writer.seal({0.5, 0.5, 0.5}, {0.5, 0.5, 0.5});
    const auto dataset = shards::Dataset::open(folder.path(), "train");
    const augment::Recipe recipe({"crop", 8, {{{{"random_resized_crop", 1.0, {{"scale", {0.01, 0.01}}}}}, 0}}}, 3);
    shards::SampleBuffer buffer;
    for (std::uint64_t epoch = 0; epoch < 20; ++epoch) {
        const augment::SampleViews views{recipe, {1, static_cast<std::uint32_t>(epoch), 0}};
        const augment::ImageWindow window = dataset.read(0, views, buffer);
        EXPECT_TRUE(window.box().holds(recipe.window(shape, views.key)));
        EXPECT_EQ(window.whole, shape);
        EXPECT_LT(window.pixels.shape.bytes(), shape.bytes() / 10);
    }
}

} // namespace
} // namespace tacit::loader
