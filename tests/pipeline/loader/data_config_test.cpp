// SPDX-License-Identifier: Apache-2.0
#include "pipeline/loader/data_config.hpp"

#include "pipeline/base/error.hpp"
#include "tests/pipeline/shards/image_fixtures.hpp"

#include <gtest/gtest.h>

namespace tacit::loader {
namespace {

TEST(DataConfig, PathIsRequired) {
    config::Document document = config::Document::from_text("data: {train: a}", "test.yaml");
    EXPECT_NE(message_of<ConfigError>([&] { read_data(document.root().section("data")); }).find("data.path"),
              std::string::npos);
}

TEST(DataConfig, ReadsEveryKey) {
    config::Document document = config::Document::from_text(
        "data: {path: /d, train: tr, test: te, mean: [0.5], std: [0.25], workers: 2, slots: 5}", "test.yaml");
    const DataConfig data = read_data(document.root().section("data"));
    document.finish();
    EXPECT_EQ(data.source.path, "/d");
    EXPECT_EQ(data.train, "tr");
    EXPECT_EQ(data.test, "te");
    EXPECT_EQ(data.mean, std::vector<double>{0.5});
    EXPECT_EQ(data.std, std::vector<double>{0.25});
    EXPECT_EQ(data.workers, 2);
    EXPECT_EQ(data.slots, 5);
}

TEST(DataConfig, ReadsWhereImagesAre) {
    config::Document document = config::Document::from_text(
        "data: {path: /d, images: a/b, labels: '@y', axes: NCHW, range: [0, 4095], roots: [/e], index_cache: false}",
        "test.yaml");
    const DataConfig data = read_data(document.root().section("data"));
    document.finish();
    EXPECT_EQ(data.source.images, "a/b");
    EXPECT_EQ(data.source.labels, "@y");
    EXPECT_EQ(data.source.axes, "NCHW");
    EXPECT_EQ(data.source.range, (std::vector<double>{0, 4095}));
    EXPECT_EQ(data.source.roots, std::vector<std::string>{"/e"});
    EXPECT_FALSE(data.source.index_cache);
}

TEST(DataConfig, ReadsHowImagesAreSharedOut) {
    config::Document document = config::Document::from_text(
        "data: {path: /d, split_shares: {train: 0.8, val: 0.1, test: 0.1}, split_seed: 7}", "test.yaml");
    const DataConfig data = read_data(document.root().section("data"));
    document.finish();
    const std::vector<shards::SplitShare> expected = {{"train", 0.8}, {"val", 0.1}, {"test", 0.1}};
    EXPECT_EQ(data.source.split_shares, expected);
    EXPECT_EQ(data.source.split_seed, 7U);
}

TEST(DataConfig, RefusesSharesAboveOneAndTwoWaysToSplit) {
    for (const char* text : {"data: {path: /d, split_shares: {train: 0.8, test: 0.3}}",
                             "data: {path: /d, split_shares: {train: 0.8}, split_by: '@split'}"}) {
        config::Document document = config::Document::from_text(text, "test.yaml");
        EXPECT_NE(message_of<ConfigError>([&] { read_data(document.root().section("data")); }).find("test.yaml:1"),
                  std::string::npos)
            << text;
    }
}

TEST(DataConfig, WhatIsChosenOnIsNeitherTrainedOnNorReported) {
    for (const auto& [key, role] : {std::pair{"test", "test"}, std::pair{"train", "training"}}) {
        auto document = config::Document::from_text(std::string("data: {path: x, val: ") + key + "}\n", "c.yaml");
        const std::string message = message_of<ConfigError>([&] { read_data(document.root().section("data")); });
        EXPECT_NE(message.find(std::string("is the ") + role + " split"), std::string::npos) << message;
    }
}

TEST(DataConfig, RefusesAxesAndRangesThatMeanNothing) {
    for (const char* text :
         {"data: {path: /d, axes: NHWX}", "data: {path: /d, range: [1, 1]}", "data: {path: /d, range: [0]}"}) {
        config::Document document = config::Document::from_text(text, "test.yaml");
        EXPECT_NE(message_of<ConfigError>([&] { read_data(document.root().section("data")); }).find("test.yaml:1"),
                  std::string::npos)
            << text;
    }
}

TEST(DataConfig, ReadsOrderAndBadSamples) {
    config::Document document = config::Document::from_text(
        "data: {path: /d, shuffle: window, window: 12, lanes: 4, on_bad_sample: skip, max_bad_samples: 7, slots: 5}",
        "test.yaml");
    const DataConfig data = read_data(document.root().section("data"));
    document.finish();
    const TemporaryFolder folder;
    testing::write_raw_split(folder.path(), "train", {8, 8, 3}, 10, 2);
    const LoaderOptions options = training_options(data, shards::Dataset::open(folder.path(), "train"));
    EXPECT_EQ(options.shuffle, Shuffle::window);
    EXPECT_EQ(options.window, 12);
    EXPECT_EQ(options.lanes, 4);
    EXPECT_EQ(options.on_bad_sample, OnBadSample::skip);
    EXPECT_EQ(options.max_bad_samples, 7);
    EXPECT_EQ(options.slots, 5);
}

TEST(DataConfig, ShuffleIsFullWhereImagesAreCheapToReadAlone) {
    const TemporaryFolder folder;
    testing::write_raw_split(folder.path(), "train", {8, 8, 3}, 10, 2);
    const auto dataset = shards::Dataset::open(folder.path(), "train");
    EXPECT_EQ(training_options({}, dataset).shuffle, Shuffle::full);
    EXPECT_EQ(training_options({}, dataset).on_bad_sample, OnBadSample::fail);
}

TEST(DataConfig, OrderIsNamedAfterAllThatItFollowsFrom) {
    const TemporaryFolder folder;
    testing::write_raw_split(folder.path(), "one", {300, 300, 3}, 7, 2);
    testing::write_raw_split(folder.path(), "two", {300, 300, 3}, 7, 2, std::int64_t{2} * 300 * 300 * 3);
    const auto one = shards::Dataset::open(folder.path(), "one");
    LoaderOptions options;
    EXPECT_EQ(order_name(options, one), "");
    options.shuffle = Shuffle::window;
    options.window = 2;
    options.lanes = 2;
    const std::string name = order_name(options, one);
    EXPECT_EQ(name.rfind("windows of 1 blocks in 2 lanes, blocks ", 0), 0U) << name;
    EXPECT_NE(order_name(options, shards::Dataset::open(folder.path(), "two")), name);
    options.lanes = 1;
    EXPECT_NE(order_name(options, one), name);
}

TEST(DataConfig, OrdersThatReadAlikeHaveOneName) {
    const TemporaryFolder folder;
    testing::write_raw_split(folder.path(), "one", {300, 300, 3}, 21, 2);
    const auto one = shards::Dataset::open(folder.path(), "one");
    LoaderOptions options;
    options.shuffle = Shuffle::window;
    const std::string all = order_name(options, one);
    options.window = 128;
    options.lanes = 4;
    EXPECT_EQ(order_name(options, one), all);
    options.window = 4;
    options.lanes = 2;
    const std::string two = order_name(options, one);
    options.window = 5;
    EXPECT_EQ(order_name(options, one), two);
}

TEST(DataConfig, NormalizesByTheShardsUnlessNumbersAreGiven) {
    const auto rule_of = [](const std::string& text) {
        config::Document document = config::Document::from_text(text, "test.yaml");
        return read_data(document.root().section("data")).normalize;
    };
    EXPECT_EQ(rule_of("data: {path: /d}"), Normalize::standard);
    EXPECT_EQ(rule_of("data: {path: /d, mean: [0.5], std: [0.5]}"), Normalize::fixed);
    EXPECT_EQ(rule_of("data: {path: /d, normalize: minmax}"), Normalize::minmax);
    EXPECT_EQ(rule_of("data: {path: /d, normalize: robust}"), Normalize::robust);
    EXPECT_EQ(rule_of("data: {path: /d, normalize: fixed, mean: [0.5], std: [0.5]}"), Normalize::fixed);
}

TEST(DataConfig, NormalizationAndItsNumbersMustAgree) {
    for (const char* text :
         {"data: {path: /d, normalize: fixed}", "data: {path: /d, normalize: robust, mean: [0.5], std: [0.5]}",
          "data: {path: /d, normalize: standard, mean: [0.5], std: [0.5]}", "data: {path: /d, normalize: zscore}"}) {
        config::Document document = config::Document::from_text(text, "test.yaml");
        EXPECT_NE(message_of<ConfigError>([&] { read_data(document.root().section("data")); }).find("data.normalize"),
                  std::string::npos)
            << text;
    }
}

TEST(DataConfig, ResolvedNormalizationReadsBack) {
    config::Document document = config::Document::from_text("data: {path: /d, mean: [0.5], std: [0.25]}", "test.yaml");
    read_data(document.root().section("data"));
    config::Document again = config::Document::from_text(document.resolved_yaml(), "resolved.yaml");
    const DataConfig data = read_data(again.root().section("data"));
    EXPECT_EQ(data.normalize, Normalize::fixed);
    EXPECT_EQ(data.std, std::vector<double>{0.25});
}

TEST(DataConfig, MeanWithoutStdIsAnError) {
    config::Document document = config::Document::from_text("data: {path: /d, mean: [0.5]}", "test.yaml");
    EXPECT_THROW(read_data(document.root().section("data")), ConfigError);
}

} // namespace
} // namespace tacit::loader
