// SPDX-License-Identifier: Apache-2.0
#include "tests/pipeline/loader/block_data.hpp"

#include "tests/pipeline/loader/small_crops.hpp"

namespace tacit::loader {
namespace {

std::vector<std::uint8_t> first_view(const Batch& batch, std::size_t i) {
    const BatchView& view = batch.views[0];
    const auto begin = view.pixels.begin() + static_cast<std::ptrdiff_t>(i * view.shape.bytes());
    return {begin, begin + static_cast<std::ptrdiff_t>(view.shape.bytes())};
}

} // namespace

TemporaryFolder* BlockDataTest::folder_ = nullptr;

void BlockDataTest::SetUpTestSuite() {
    folder_ = new TemporaryFolder;
    testing::write_raw_split(folder_->path(), "train", kShape, kImages, 5, std::int64_t{14} * 300 * 300 * 3);
}

void BlockDataTest::TearDownTestSuite() {
    delete folder_;
}

BlockDataTest::BlockDataTest()
    : dataset_(shards::Dataset::open(folder_->path(), "train")), recipe_(testing::small_crops(), 3) {}

LoaderOptions BlockDataTest::options(int workers) {
    LoaderOptions options;
    options.seed = 11;
    options.global_batch = kBatch;
    options.workers = workers;
    options.shuffle = Shuffle::window;
    options.window = 8;
    options.lanes = 4;
    return options;
}

std::map<std::int64_t, BlockDataTest::Pixels> BlockDataTest::read_alone() const {
    LoaderOptions alone = options();
    alone.shuffle = Shuffle::full;
    Loader loader(dataset_, recipe_, alone);
    std::map<std::int64_t, Pixels> views;
    for (std::int64_t b = 0; b < kBatches; ++b) {
        const Batch& batch = loader.next();
        for (std::size_t i = 0; i < batch.ids.size(); ++i) {
            views[batch.ids[i]] = first_view(batch, i);
        }
    }
    EXPECT_EQ(loader.stats().block_loads, 0);
    return views;
}

void BlockDataTest::expect_pixels(const Batch& batch, const std::map<std::int64_t, Pixels>& views) {
    for (std::size_t i = 0; i < batch.ids.size(); ++i) {
        EXPECT_EQ(first_view(batch, i), views.at(batch.ids[i])) << batch.ids[i];
    }
}

} // namespace tacit::loader
