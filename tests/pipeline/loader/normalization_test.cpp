// SPDX-License-Identifier: Apache-2.0
#include "pipeline/loader/normalization.hpp"

#include "pipeline/base/error.hpp"
#include "tests/pipeline/shards/hdf5_files.hpp"
#include "tests/pipeline/shards/image_fixtures.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace tacit::loader {
namespace {

using testing::Hdf5File;

/// A file of floats 0, 1, …, 8, as one image of 3 x 3, whose range is [0, 10].
shards::Dataset ramp(const TemporaryFolder& folder, std::vector<double> range = {0, 10}) {
    Hdf5File(folder / "x.h5").add("images", {1, 3, 3}, std::vector<float>{3, 1, 4, 0, 5, 8, 2, 6, 7});
    shards::DataSpec spec;
    spec.path = folder / "x.h5";
    spec.range = std::move(range);
    return shards::Dataset::open(spec, "train");
}

DataConfig with_rule(Normalize rule) {
    DataConfig config;
    config.normalize = rule;
    return config;
}

TEST(Normalization, StandardIsFittedWhereTheFileStoresNothing) {
    const TemporaryFolder folder;
    const shards::Dataset dataset = ramp(folder);
    EXPECT_FALSE(known_normalization(with_rule(Normalize::standard), dataset.info()));
    const Normalization made = measure_normalization(with_rule(Normalize::standard), dataset, 2);
    ASSERT_EQ(made.mean.size(), 1U);
    EXPECT_NEAR(made.mean[0], 0.4, 1e-15);
    EXPECT_NEAR(made.std[0], std::sqrt(60.0 / 9) / 10, 1e-15);
}

TEST(Normalization, MinmaxMapsTheExtremesToZeroAndOne) {
    const TemporaryFolder folder;
    const Normalization made = measure_normalization(with_rule(Normalize::minmax), ramp(folder), 1);
    EXPECT_NEAR((0.0 - made.mean.at(0)) / made.std.at(0), 0, 1e-15);
    EXPECT_NEAR((0.8 - made.mean.at(0)) / made.std.at(0), 1, 1e-15);
}

TEST(Normalization, RobustMapsTheQuartilesOneApart) {
    const TemporaryFolder folder;
    const Normalization made = measure_normalization(with_rule(Normalize::robust), ramp(folder), 1);
    EXPECT_NEAR(made.mean.at(0), 0.4, 1e-15);
    EXPECT_NEAR(made.std.at(0), 0.4, 1e-15); // 6 / 10 - 2 / 10
}

TEST(Normalization, IsThatOfValuesMovedIntoTheRange) {
    const TemporaryFolder folder;
    const Normalization made = measure_normalization(with_rule(Normalize::minmax), ramp(folder, {2, 6}), 1);
    EXPECT_EQ(made, (Normalization{{0}, {1}}));
}

TEST(Normalization, ShardsTellTheirOwnUnderStandardAlone) {
    const TemporaryFolder folder;
    testing::write_raw_split(folder.path(), "train", {8, 8, 3}, 10, 2);
    const auto dataset = shards::Dataset::open(folder.path(), "train");
    const auto known = known_normalization(with_rule(Normalize::standard), dataset.info());
    ASSERT_TRUE(known);
    EXPECT_EQ(known->mean, (std::vector<double>{0.5, 0.5, 0.5}));
    EXPECT_FALSE(known_normalization(with_rule(Normalize::robust), dataset.info()));
}

TEST(Normalization, WhatShardsTellOfAllImagesIsNotTakenForAShareOfThem) {
    const TemporaryFolder folder;
    testing::write_raw_split(folder.path(), "train", {8, 8, 3}, 10, 2);
    shards::DataSpec spec;
    spec.path = folder.path();
    spec.split_shares = {{"train", 0.5}, {"test", 0.5}};
    const auto dataset = shards::Dataset::open(spec, "train");
    EXPECT_LT(dataset.info().size, 10);
    EXPECT_FALSE(known_normalization(with_rule(Normalize::standard), dataset.info()));
    EXPECT_EQ(measure_normalization(with_rule(Normalize::standard), dataset, 1).mean.size(), 3U);
}

TEST(Normalization, FixedTakesTheConfigsNumbers) {
    const TemporaryFolder folder;
    DataConfig config = with_rule(Normalize::fixed);
    config.mean = {0.25};
    config.std = {0.125};
    const shards::Dataset dataset = ramp(folder);
    EXPECT_EQ(known_normalization(config, dataset.info()), (Normalization{{0.25}, {0.125}}));
    config.mean = {0.25, 0.25};
    config.std = {0.125, 0.125};
    const std::string message = message_of<ConfigError>([&] { known_normalization(config, dataset.info()); });
    EXPECT_NE(message.find("data.mean has 2 numbers, the images of " + dataset.info().path + " have 1 channels; give"),
              std::string::npos)
        << message;
}

TEST(Normalization, ConstantChannelIsNotDividedByNothing) {
    const TemporaryFolder folder;
    Hdf5File(folder / "x.h5").add("images", {2, 2, 2}, std::vector<std::uint8_t>(8, 51));
    const auto dataset = shards::Dataset::open(folder / "x.h5", "train");
    for (const Normalize rule : {Normalize::standard, Normalize::minmax, Normalize::robust}) {
        const Normalization made = measure_normalization(with_rule(rule), dataset, 1);
        EXPECT_NEAR(made.mean.at(0), 0.2, 1e-15);
        EXPECT_EQ(made.std.at(0), 1);
    }
}

TEST(Normalization, RobustRefusesAChannelWhoseQuartilesAreEqual) {
    const TemporaryFolder folder;
    Hdf5File(folder / "x.h5").add("images", {1, 2, 4}, std::vector<std::uint8_t>{0, 0, 0, 0, 0, 0, 0, 9});
    const auto dataset = shards::Dataset::open(folder / "x.h5", "train");
    const std::string message =
        message_of<ConfigError>([&] { measure_normalization(with_rule(Normalize::robust), dataset, 1); });
    EXPECT_NE(message.find("half of the values of channel 0 are equal"), std::string::npos) << message;
}

TEST(Normalization, OfFloatsWithoutRangeAsksForIt) {
    const TemporaryFolder folder;
    const shards::Dataset dataset = ramp(folder, {});
    const std::string message =
        message_of<ConfigError>([&] { measure_normalization(with_rule(Normalize::standard), dataset, 1); });
    EXPECT_NE(message.find("data.range"), std::string::npos) << message;
}

TEST(Normalization, NeedsAFiniteValue) {
    const TemporaryFolder folder;
    Hdf5File(folder / "x.h5").add("images", {1, 1, 2}, std::vector<float>(2, std::numeric_limits<float>::quiet_NaN()));
    shards::DataSpec spec;
    spec.path = folder / "x.h5";
    spec.range = {0, 1};
    const auto dataset = shards::Dataset::open(spec, "train");
    EXPECT_THROW(measure_normalization(with_rule(Normalize::standard), dataset, 1), ConfigError);
}

} // namespace
} // namespace tacit::loader
