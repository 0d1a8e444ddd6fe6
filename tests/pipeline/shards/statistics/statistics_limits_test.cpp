// SPDX-License-Identifier: Apache-2.0
#include "pipeline/shards/statistics/statistics.hpp"
#include "tests/pipeline/shards/hdf5_files.hpp"
#include "tests/pipeline/shards/image_fixtures.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace tacit::shards {
namespace {

using testing::Hdf5File;

constexpr float kNan = std::numeric_limits<float>::quiet_NaN();

Statistics measured(const std::string& path, const std::vector<double>& range) {
    DataSpec spec;
    spec.path = path;
    spec.range = range;
    return measure_statistics(Dataset::open(spec, "train"), {});
}

TEST(Statistics, OfTheLargestDoublesAreNotNaN) {
    const TemporaryFolder folder;
    Hdf5File(folder / "x.h5").add("images", {2, 1, 2}, std::vector<double>{1.5e308, -1.5e308, 1.5e308, -0.5e308});
    const Statistics statistics = measured(folder / "x.h5", {-1.5e308, 1.5e308});
    EXPECT_NEAR(statistics.stored.at(0).mean / 1e308, 0.25, 1e-12);
    EXPECT_EQ(statistics.stored.at(0).std, std::numeric_limits<double>::infinity());
    EXPECT_NEAR(statistics.scaled.at(0).mean, 1.75 / 3, 1e-12);
    EXPECT_EQ(statistics.scaled.at(0).std, std::numeric_limits<double>::infinity());
    EXPECT_EQ(statistics.scaled.at(0).min, 0);
    EXPECT_EQ(statistics.scaled.at(0).max, 1);
}

TEST(Statistics, OfNothingFiniteAreNaN) {
    const TemporaryFolder folder;
    Hdf5File(folder / "x.h5").add("images", {1, 1, 2}, std::vector<float>{kNan, kNan});
    const Statistics statistics = measured(folder / "x.h5", {0, 1});
    EXPECT_EQ(statistics.stored.at(0).values, 0U);
    EXPECT_TRUE(std::isnan(statistics.stored.at(0).mean));
    EXPECT_TRUE(std::isnan(statistics.scaled.at(0).percentile(50)));
}

} // namespace
} // namespace tacit::shards
