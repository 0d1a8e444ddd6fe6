// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "pipeline/loader/batch_digest.hpp"
#include "pipeline/loader/loader.hpp"
#include "tests/pipeline/shards/image_fixtures.hpp"

#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

namespace tacit::loader {

constexpr augment::ImageShape kShape{300, 300, 3}; // three images are a block
constexpr int kImages = 180;
constexpr std::int64_t kBatch = 12;
constexpr std::int64_t kBatches = kImages / kBatch;

/// A data set of several shards of 14 images, hence of blocks of three and of two, read in windows.
class BlockDataTest : public ::testing::Test {
  protected:
    static void SetUpTestSuite();
    static void TearDownTestSuite();
    BlockDataTest();

    static LoaderOptions options(int workers = 2);

    std::vector<std::string> digests(const LoaderOptions& given, int ranks, std::int64_t batches,
                                     std::int64_t first = 0) {
        return batch_digests(dataset_, recipe_, given, ranks, batches, first);
    }

    using Pixels = std::vector<std::uint8_t>;
    /// First views of epoch 0 by sample, made of images that were read one at a time.
    std::map<std::int64_t, Pixels> read_alone() const;
    static void expect_pixels(const Batch& batch, const std::map<std::int64_t, Pixels>& views);

    static TemporaryFolder* folder_;
    shards::Dataset dataset_;
    augment::Recipe recipe_;
};

} // namespace tacit::loader
