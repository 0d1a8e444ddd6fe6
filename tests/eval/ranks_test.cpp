// SPDX-License-Identifier: Apache-2.0
#include "eval/features.hpp"
#include "eval/finetune.hpp"
#include "eval/knn.hpp"
#include "eval/linear_probe.hpp"
#include "tests/eval/tiny_dataset.hpp"
#include "tests/mpi_main.hpp"

#include <gtest/gtest.h>

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

TEST_F(RanksTest, EveryRankHoldsEveryRowInOrderWhateverTheCounts) {
    for (const std::int64_t count : {1, 3, 10, 41}) {
        const shards::Dataset dataset = open("test" + std::to_string(count));
        const Features shared = pixel_features(dataset, format_, world());
        const Features alone = pixel_features(dataset, format_, *dist::make_self_communicator());
        EXPECT_TRUE(shared.values.equal(alone.values)) << count;
        EXPECT_TRUE(shared.labels.equal(alone.labels)) << count;
    }
}

TEST_F(RanksTest, EncoderFeaturesAreThoseOfOneRank) {
    const auto backbone = tiny_backbone(1);
    const shards::Dataset dataset = open("test41");
    const Features shared = backbone_features(*backbone, dataset, format_, world());
    const Features alone = backbone_features(*backbone, dataset, format_, *dist::make_self_communicator());
    EXPECT_TRUE(torch::allclose(shared.values, alone.values, 1e-6, 1e-6));
}

Features noisy(std::int64_t count, std::uint64_t seed) {
    torch::manual_seed(seed);
    const at::Tensor labels = torch::arange(count, torch::kInt64).remainder(3);
    return {torch::one_hot(labels, 6).to(torch::kFloat32) + 0.7 * torch::randn({count, 6}), labels};
}

TEST_F(RanksTest, LinearProbeIsThatOfOneRank) {
    const Features train = noisy(301, 1);
    const Features test = noisy(97, 2);
    LinearOptions options;
    options.tolerance = 1e-9;
    options.iterations = 200;
    const LinearProbeResult shared = linear_probe(train, test, options, world());
    const LinearProbeResult alone = linear_probe(train, test, options, *dist::make_self_communicator());
    EXPECT_EQ(shared.l2, alone.l2);
    EXPECT_NEAR(shared.train_loss, alone.train_loss, 1e-5);
    EXPECT_NEAR(shared.test_loss, alone.test_loss, 1e-4);
    EXPECT_NEAR(shared.test_accuracy, alone.test_accuracy, 1.5 / 97);
}

TEST_F(RanksTest, KnnIsThatOfOneRank) {
    const Features train = noisy(301, 1);
    const Features test = noisy(97, 2);
    EXPECT_DOUBLE_EQ(knn_accuracy(train, test, {5, 0.07}, world()),
                     knn_accuracy(train, test, {5, 0.07}, *dist::make_self_communicator()));
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
        EXPECT_EQ(shared[i].draws, alone[i].draws);
        EXPECT_EQ(shared[i].details, alone[i].details);
    }
}

} // namespace
} // namespace tacit::eval
