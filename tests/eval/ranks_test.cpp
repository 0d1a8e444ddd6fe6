// SPDX-License-Identifier: Apache-2.0
#include "eval/features/feature_rows.hpp"
#include "eval/features/features.hpp"
#include "eval/solvers/finetune.hpp"
#include "eval/solvers/knn.hpp"
#include "eval/solvers/linear_probe.hpp"
#include "pipeline/base/error.hpp"
#include "tests/eval/tiny_dataset.hpp"
#include "tests/message_of.hpp"
#include "tests/mpi_main.hpp"

#include <gtest/gtest.h>

#include <cmath>

namespace tacit::eval {
namespace {

using dist::world;

/// One folder for all ranks, written by rank 0.
class RanksTest : public testing::Test {
  protected:
    void SetUp() override {
        path_ = folder_.path();
        world().broadcast(path_, 0);
        if (world().rank() == 0) {
            write_tiny_split(path_, "train", 96, 4);
            for (const std::int64_t count : {1, 3, 10, 41}) {
                write_tiny_split(path_, "test" + std::to_string(count), count, 4);
            }
        }
        world().barrier();
    }
    void TearDown() override { world().barrier(); }
    shards::Dataset open(const std::string& split) const { return shards::Dataset::open(path_, split); }

    TemporaryFolder folder_;
    std::string path_;
    FeatureOptions format_{kTinySide, {0.3}, {0.3}, 4, 1};
};

TEST_F(RanksTest, TogetherHoldEveryRowOnceInOrderWhateverTheCounts) {
    for (const std::int64_t count : {1, 3, 10, 41}) {
        const shards::Dataset dataset = open("test" + std::to_string(count));
        const Features shared = pixel_features(dataset, format_, world());
        const Features alone = pixel_features(dataset, format_, *dist::make_self_communicator());
        EXPECT_LE(shared.values.size(0), count / world().size() + 1);
        EXPECT_TRUE(gathered(shared.values, world()).equal(alone.values)) << count;
        EXPECT_TRUE(gathered(shared.labels, world()).equal(alone.labels)) << count;
        EXPECT_TRUE(gathered(shared.ids, world()).equal(alone.ids)) << count;
        const Features whole = on_rank_0(shared, world());
        EXPECT_EQ(whole.values.size(0), world().rank() == 0 ? count : 0);
        EXPECT_TRUE(world().rank() != 0 || whole.values.equal(alone.values)) << count;
    }
}

TEST_F(RanksTest, ImagesThatAreLeftOutAreKnownToAllRanks) {
    if (world().rank() == 0) {
        damage_tiny_image(path_, "test10");
    }
    world().barrier();
    FeatureOptions skipping = format_;
    skipping.on_bad_sample = loader::OnBadSample::skip;
    const Features shared = pixel_features(open("test10"), skipping, world());
    EXPECT_EQ(shared.left_out, std::vector<std::int64_t>{2});
    EXPECT_TRUE(gathered(shared.ids, world()).equal(torch::tensor({0, 1, 3, 4, 5, 6, 7, 8, 9}, torch::kInt64)));
}

TEST_F(RanksTest, AFeaturesFileIsThatOfOneRankAndGivesEachItsShare) {
    const shards::Dataset dataset = open("test41");
    const auto self = dist::make_self_communicator();
    const Features shared = pixel_features(dataset, format_, world());
    const FeatureOrigin origin{"run", "step-1", "test41", path_, "key"};
    write_features(path_ + "/shared.h5", shared, origin, world());
    const std::string own = path_ + "/alone" + std::to_string(world().rank()) + ".h5";
    write_features(own, pixel_features(dataset, format_, *self), origin, *self);
    const auto whole = read_features(path_ + "/shared.h5", "key");
    const auto expected = read_features(own, "key");
    ASSERT_TRUE(whole && expected);
    EXPECT_TRUE(whole->values.equal(expected->values));
    EXPECT_TRUE(whole->labels.equal(expected->labels));
    EXPECT_TRUE(whole->ids.equal(expected->ids));
    const auto mine = read_features(path_ + "/shared.h5", "key", world().rank(), world().size());
    ASSERT_TRUE(mine);
    EXPECT_TRUE(mine->values.equal(shared.values));
    EXPECT_TRUE(mine->ids.equal(shared.ids));
}

TEST_F(RanksTest, BlocksTogetherAreAllRowsWhateverTheirSize) {
    const Features shared = pixel_features(open("test41"), format_, world());
    const at::Tensor all = gathered(shared.values, world());
    for (const std::int64_t rows : {1, 3, 100}) {
        at::Tensor seen = torch::zeros_like(all);
        std::int64_t next = 0;
        for_each_block(
            shared.values, world(),
            [&](std::int64_t first, const at::Tensor& block) {
                EXPECT_EQ(first, next);
                EXPECT_LE(block.size(0), rows);
                seen.narrow(0, first, block.size(0)).copy_(block);
                next += block.size(0);
            },
            rows * all.size(1) * 4);
        EXPECT_EQ(next, 41);
        EXPECT_TRUE(seen.equal(all)) << rows;
    }
}

TEST_F(RanksTest, AFileOfManyPiecesIsReadAsItWasWritten) {
    const std::int64_t wide = (std::int64_t{4} << 20) / 2 - 1; // two rows a piece
    const auto [begin, end] = share_of_rank(5, world().rank(), world().size());
    const at::Tensor all = torch::arange(5 * wide, torch::kFloat32).view({5, wide});
    const Features mine{all.narrow(0, begin, end - begin), torch::arange(begin, end, torch::kInt64)};
    write_features(path_ + "/wide.h5", mine, {"", "", "", "", "k"}, world());
    const auto found = read_features(path_ + "/wide.h5", "k", world().rank(), world().size());
    ASSERT_TRUE(found);
    EXPECT_TRUE(found->values.equal(mine.values));
    EXPECT_TRUE(found->labels.equal(mine.labels));
    world().barrier();
}

TEST_F(RanksTest, AFeaturesFileThatCannotBeWrittenIsAnErrorOnEveryRank) {
    const Features shared = pixel_features(open("test10"), format_, world());
    EXPECT_THROW(write_features("/proc/nowhere/x.h5", shared, {}, world()), Error);
}

TEST_F(RanksTest, EncoderFeaturesAreThoseOfOneRank) {
    const auto backbone = tiny_backbone(1);
    const shards::Dataset dataset = open("test41");
    const Features shared = backbone_features(*backbone, dataset, format_, world());
    const Features alone = backbone_features(*backbone, dataset, format_, *dist::make_self_communicator());
    EXPECT_TRUE(torch::allclose(gathered(shared.values, world()), alone.values, 1e-6, 1e-6));
}

Features noisy(std::int64_t count, std::uint64_t seed) {
    torch::manual_seed(seed);
    const at::Tensor labels = torch::arange(count, torch::kInt64).remainder(3);
    return {torch::one_hot(labels, 6).to(torch::kFloat32) + 0.7 * torch::randn({count, 6}), labels};
}

/// This rank's rows.
Features share(const Features& all) {
    const auto [begin, end] = share_of_rank(all.values.size(0), world().rank(), world().size());
    return {all.values.narrow(0, begin, end - begin), all.labels.narrow(0, begin, end - begin)};
}

TEST_F(RanksTest, LinearProbeIsThatOfOneRank) {
    const Features train = noisy(301, 1);
    const Features test = noisy(97, 2);
    LinearOptions options;
    options.tolerance = 1e-9;
    options.iterations = 200;
    const LinearProbeResult shared = linear_probe(share(train), share(test), options, world());
    const LinearProbeResult alone = linear_probe(train, test, options, *dist::make_self_communicator());
    EXPECT_EQ(shared.l2, alone.l2);
    EXPECT_NEAR(shared.train_loss, world().rank() == 0 ? alone.train_loss : 0, 1e-5);
    EXPECT_NEAR(shared.test_loss, alone.test_loss, 1e-4);
    EXPECT_NEAR(shared.test_accuracy, alone.test_accuracy, 1.5 / 97);
}

TEST_F(RanksTest, KnnIsThatOfOneRank) {
    const Features train = noisy(301, 1);
    const Features test = noisy(97, 2);
    EXPECT_DOUBLE_EQ(knn_accuracy(share(train), share(test), {5, 0.07}, world()),
                     knn_accuracy(train, test, {5, 0.07}, *dist::make_self_communicator()));
}

TEST_F(RanksTest, RanksWithoutARowOfTheirOwnTakePart) {
    const Features train = noisy(31, 1);
    const Features test = noisy(2, 2); // fewer than ranks
    LinearOptions options;
    options.tolerance = 1e-9;
    options.iterations = 200;
    const auto self = dist::make_self_communicator();
    const LinearProbeResult shared = linear_probe(share(train), share(test), options, world());
    EXPECT_NEAR(shared.test_loss, linear_probe(train, test, options, *self).test_loss, 1e-3);
    EXPECT_DOUBLE_EQ(knn_accuracy(share(train), share(test), {5, 0.07}, world()),
                     knn_accuracy(train, test, {5, 0.07}, *self));
    EXPECT_DOUBLE_EQ(knn_accuracy(share(test), share(train), {1, 0.07}, world()),
                     knn_accuracy(test, train, {1, 0.07}, *self));
}

TEST_F(RanksTest, BadImagesOfAllRanksTogetherAreCounted) {
    if (world().rank() == 0) {
        damage_tiny_image(path_, "test41");
        damage_tiny_image(path_, "test41", 38); // of another rank where there are several
    }
    world().barrier();
    FeatureOptions skipping = format_;
    skipping.on_bad_sample = loader::OnBadSample::skip;
    skipping.max_bad_samples = 2;
    EXPECT_EQ(pixel_features(open("test41"), skipping, world()).left_out, (std::vector<std::int64_t>{2, 38}));
    skipping.max_bad_samples = 1;
    EXPECT_THROW(pixel_features(open("test41"), skipping, world()), DataError);
}

/// Its features of images whose pixel (0, 0) holds 9, 19, 29 … are infinite.
class OverflowingBackbone : public TinyBackbone {
  public:
    at::Tensor forward(const at::Tensor& images) override {
        const at::Tensor index = (images.flatten(1).select(1, 0) * 0.3 + 0.3).mul(255).round();
        const at::Tensor overflows = index.remainder(10).eq(9).unsqueeze(1);
        return torch::where(overflows, -INFINITY, TinyBackbone::forward(images));
    }
};

TEST_F(RanksTest, FeaturesThatAreNotFiniteAreRefusedByAllWithCountAndFirstImages) {
    OverflowingBackbone backbone;
    EXPECT_EQ(backbone_features(backbone, open("test3"), format_, world()).left_out.size(), 0U);
    EXPECT_EQ(message_of<DataError>([&] { backbone_features(backbone, open("test41"), format_, world()); }),
              path_ + ": split 'test41': features of 4 of 41 images are no finite numbers, images 9, 19, 29 first; "
                      "judge an earlier checkpoint (--checkpoint), or train into another run folder with a lower "
                      "optim.lr");
}

TEST_F(RanksTest, FinetuneIsThatOfOneRank) {
    FinetuneOptions options;
    options.per_class = 3;
    options.draws = 3;
    options.epochs = 2;
    options.batch = 6;
    options.lrs = {1e-3, 1e-2};
    options.holdout = 0.34;
    const std::vector<FinetuneRow> rows = {{"a", tiny_backbone}, {"b", [](std::uint64_t) { return tiny_backbone(9); }}};
    const shards::Dataset train = open("train");
    const shards::Dataset test = open("test41");
    const auto shared = finetune(rows, train, test, format_, options, world());
    const auto alone = finetune(rows, train, test, format_, options, *dist::make_self_communicator());
    ASSERT_EQ(shared.size(), alone.size());
    for (std::size_t i = 0; i < shared.size(); ++i) {
        EXPECT_EQ(shared[i].scores[0].draws, alone[i].scores[0].draws);
        EXPECT_EQ(shared[i].details, alone[i].details);
    }
}

} // namespace
} // namespace tacit::eval
