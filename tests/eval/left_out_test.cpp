// SPDX-License-Identifier: Apache-2.0
// Images that cannot be used, under data.on_bad_sample: skip.
#include "eval/features/features.hpp"
#include "eval/solvers/neighbours.hpp"
#include "pipeline/base/error.hpp"
#include "tests/eval/tiny_dataset.hpp"
#include "tests/message_of.hpp"

#include <gtest/gtest.h>

namespace tacit::eval {
namespace {

/// Twelve images in three classes, of which number 2 fails its checksum.
class LeftOutTest : public ::testing::Test {
  protected:
    LeftOutTest() {
        write_tiny_split(folder_.path(), "train", 12, 3);
        damage_tiny_image(folder_.path(), "train");
        format_.size = kTinySide;
        format_.mean = {0.0};
        format_.std = {1.0};
        format_.batch = 5;
    }

    Features features() {
        return pixel_features(shards::Dataset::open(folder_.path(), "train"), format_, *dist::make_self_communicator());
    }

    TemporaryFolder folder_;
    FeatureOptions format_;
};

TEST_F(LeftOutTest, FailingNamesTheImage) {
    const std::string message = message_of<DataError>([&] { features(); });
    EXPECT_NE(message.find("train-00000.h5: images: image 2 "), std::string::npos) << message;
}

TEST_F(LeftOutTest, SkippingLeavesOutItsRowAloneAndSaysWhich) {
    format_.on_bad_sample = loader::OnBadSample::skip;
    const Features found = features();
    EXPECT_EQ(found.left_out, (std::vector<std::int64_t>{2}));
    ASSERT_EQ(found.values.size(0), 11);
    ASSERT_EQ(found.labels.size(0), 11);
    for (std::int64_t row = 0; row < 11; ++row) {
        const std::int64_t sample = row < 2 ? row : row + 1;
        EXPECT_EQ(found.sample(row), sample);
        EXPECT_EQ(found.ids[row].item<std::int64_t>(), sample);
        EXPECT_EQ(found.labels[row].item<std::int64_t>(), sample % 3);
        EXPECT_NEAR(found.values[row][0].item<double>() * 255, static_cast<double>(sample), 1e-3);
    }
}

TEST_F(LeftOutTest, NeighboursAreNamedByTheirNumberInTheDataSet) {
    format_.on_bad_sample = loader::OnBadSample::skip;
    for (const NeighbourRow& row : nearest_images(features(), 11, 10)) {
        EXPECT_NE(row.query, 2);
        EXPECT_EQ(row.label, row.query % 3);
        for (std::size_t i = 0; i < row.indices.size(); ++i) {
            EXPECT_NE(row.indices[i], 2);
            EXPECT_EQ(row.labels[i], row.indices[i] % 3);
        }
    }
}

TEST_F(LeftOutTest, MoreThanAreAllowedEndTheEvaluation) {
    format_.on_bad_sample = loader::OnBadSample::skip;
    format_.max_bad_samples = 0;
    EXPECT_NE(message_of<DataError>([&] { features(); }).find("data.max_bad_samples"), std::string::npos);
}

} // namespace
} // namespace tacit::eval
