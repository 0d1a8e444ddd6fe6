// SPDX-License-Identifier: Apache-2.0
#include "pipeline/loader/batch_digest.hpp"
#include "pipeline/shards/import/import.hpp"
#include "tests/pipeline/loader/small_crops.hpp"
#include "tests/pipeline/shards/foreign_fixtures.hpp"
#include "tests/pipeline/shards/image_fixtures.hpp"

#include <gtest/gtest.h>

namespace tacit::loader {
namespace {

TEST(Pack, TrainingSeesTheSameBytesForThreeEpochs) {
    const TemporaryFolder folder;
    std::vector<std::int64_t> labels(45);
    for (std::size_t i = 0; i < labels.size(); ++i) {
        labels[i] = static_cast<std::int64_t>(i % 7);
    }
    testing::write_foreign(folder / "slow.h5",
                           {"images", shards::Element::u16, true, {45, 20, 20, 3}, {8, 20, 20, 3}, true, false, {}},
                           labels);
    shards::ImportOptions options;
    options.path = folder / "slow.h5";
    options.out = folder / "fast";
    shards::import_images(options);
    LoaderOptions reading;
    reading.seed = 5;
    reading.global_batch = 6;
    reading.workers = 2;
    reading.shuffle = Shuffle::full;
    const augment::Recipe recipe(testing::small_crops(), 3);
    const auto digests = [&](const std::string& path) {
        return batch_digests(shards::Dataset::open(path, "train"), recipe, reading, 1, 3 * 7);
    };
    EXPECT_EQ(digests(folder / "slow.h5"), digests(folder / "fast"));
}

} // namespace
} // namespace tacit::loader
