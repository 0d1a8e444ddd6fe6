// SPDX-License-Identifier: Apache-2.0
#include "augment/recipe/operation.hpp"
#include "pipeline/base/error.hpp"
#include "pipeline/loader/batch_digest.hpp"
#include "pipeline/loader/loader.hpp"
#include "tests/pipeline/shards/foreign_fixtures.hpp"
#include "tests/pipeline/shards/image_fixtures.hpp"

#include <gtest/gtest.h>

namespace tacit::loader {
namespace {

constexpr std::uint64_t kImages = 24;
constexpr int kSide = 6;
constexpr std::size_t kValues = std::size_t{2} * kSide * kSide;

/// 16-bit images of two channels, whose value i is 40 * i: two neighbours share their 8-bit level.
class FloatLoaderTest : public ::testing::Test {
  protected:
    shards::Dataset open(const std::vector<std::uint64_t>& chunk) {
        testing::ForeignArray array;
        array.element = shards::Element::u16;
        array.dims = {kImages, kSide, kSide, 2};
        array.chunk = chunk;
        array.gzip = !chunk.empty();
        for (std::size_t i = 0; i < kImages * kValues; ++i) {
            const auto number = static_cast<std::uint16_t>(40 * i % 65536);
            array.bytes.push_back(static_cast<std::uint8_t>(number & 255U));
            array.bytes.push_back(static_cast<std::uint8_t>(number >> 8U));
        }
        const std::string path = folder_ / (chunk.empty() ? "alone.h5" : "chunks.h5");
        testing::write_foreign(path, array);
        return shards::Dataset::open(path, "train");
    }

    static LoaderOptions options() {
        LoaderOptions options;
        options.global_batch = 8;
        options.seed = 11;
        options.workers = 2;
        return options;
    }

    TemporaryFolder folder_;
};

TEST_F(FloatLoaderTest, DeliversEveryBitOfImagesOfSixteen) {
    for (const std::vector<std::uint64_t>& chunk : {std::vector<std::uint64_t>{}, {5, kSide, kSide, 2}}) {
        const shards::Dataset dataset = open(chunk);
        const augment::Recipe none(augment::preset("none", kSide, 2), 2);
        LoaderOptions windows = options();
        windows.shuffle = chunk.empty() ? Shuffle::full : Shuffle::window;
        Loader loader(dataset, none, windows);
        const Batch& batch = loader.next();
        ASSERT_EQ(batch.views[0].values.size(), 8 * kValues);
        EXPECT_TRUE(batch.views[0].pixels.empty());
        for (std::size_t i = 0; i < batch.views[0].values.size(); ++i) {
            const std::size_t place = static_cast<std::size_t>(batch.ids[i / kValues]) * kValues + i % kValues;
            ASSERT_FLOAT_EQ(batch.views[0].values[i], static_cast<float>(40 * place % 65536) / 65535.0F) << i;
        }
    }
}

TEST_F(FloatLoaderTest, BytesDependOnNeitherWorkersNorRanks) {
    const shards::Dataset dataset = open({5, kSide, kSide, 2});
    augment::RecipeSpec spec = augment::preset("denoise", 5, 2);
    spec.views[0].ops.push_back({"gaussian_blur", 1.0, {}});
    const augment::Recipe recipe(spec, 2);
    const std::vector<std::string> straight = batch_digests(dataset, recipe, options(), 1, 9);
    for (const int ranks : {1, 2, 4}) {
        LoaderOptions other = options();
        other.workers = ranks == 1 ? 3 : 1;
        EXPECT_EQ(batch_digests(dataset, recipe, other, ranks, 9), straight) << ranks;
    }
}

class LevelsAlone final : public augment::Operation {
  public:
    void apply(augment::Canvas&, augment::Draws&) const override {}
};

const bool kRegistered = augment::register_operation(
    "levels_alone", [](augment::OpParams&) -> augment::OperationPtr { return std::make_unique<LevelsAlone>(); });

TEST_F(FloatLoaderTest, AnOperationOnLevelsAloneIsRefused) {
    ASSERT_TRUE(kRegistered);
    const shards::Dataset dataset = open({});
    const augment::Recipe recipe({"test", kSide, {{{{"levels_alone", 1.0, {}}}, 0}}}, 2);
    const std::string message = message_of<ConfigError>([&] { Loader loader(dataset, recipe, options()); });
    EXPECT_NE(message.find("levels_alone"), std::string::npos) << message;
}

} // namespace
} // namespace tacit::loader
