// SPDX-License-Identifier: Apache-2.0
#include "pipeline/loader/data_config.hpp"

#include "pipeline/base/error.hpp"
#include "pipeline/loader/recipe_config.hpp"
#include "tests/pipeline/shards/image_fixtures.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace tacit::loader {
namespace {

using testing::message_of;

shards::DatasetInfo info_of(int side, int channels) {
    shards::DatasetInfo info;
    info.channels = channels;
    info.shape = {side, side, channels};
    return info;
}

augment::RecipeSpec recipe_from(const std::string& yaml, const shards::DatasetInfo& info) {
    config::Document document = config::Document::from_text(yaml, "test.yaml");
    augment::RecipeSpec spec = read_recipe(document.root().section("augment"), "simclr", info);
    document.finish();
    return spec;
}

const augment::OpSpec& operation(const augment::RecipeSpec& spec, const std::string& name) {
    const auto& ops = spec.views.at(0).ops;
    return *std::find_if(ops.begin(), ops.end(), [&](const auto& op) { return op.name == name; });
}

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
    const testing::TemporaryFolder folder;
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
    const testing::TemporaryFolder folder;
    testing::write_raw_split(folder.path(), "train", {8, 8, 3}, 10, 2);
    const auto dataset = shards::Dataset::open(folder.path(), "train");
    EXPECT_EQ(training_options({}, dataset).shuffle, Shuffle::full);
    EXPECT_EQ(training_options({}, dataset).on_bad_sample, OnBadSample::fail);
}

TEST(DataConfig, OrderIsNamedAfterAllThatItFollowsFrom) {
    const testing::TemporaryFolder folder;
    testing::write_raw_split(folder.path(), "one", {300, 300, 3}, 7, 2);
    testing::write_raw_split(folder.path(), "two", {300, 300, 3}, 7, 2, std::int64_t{2} * 300 * 300 * 3);
    const auto one = shards::Dataset::open(folder.path(), "one");
    LoaderOptions options;
    EXPECT_EQ(order_name(options, one), "");
    options.shuffle = Shuffle::window;
    const std::string name = order_name(options, one);
    EXPECT_EQ(name.rfind("windows of 64 blocks in 8 lanes, blocks ", 0), 0U) << name;
    EXPECT_NE(order_name(options, shards::Dataset::open(folder.path(), "two")), name);
    options.lanes = 4;
    EXPECT_NE(order_name(options, one), name);
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

TEST(ReadRecipe, DefaultsToTheImagesSize) {
    EXPECT_EQ(recipe_from("{}", info_of(32, 3)).size, 32);
    EXPECT_EQ(recipe_from("{}", info_of(500, 3)).size, 224);
    EXPECT_EQ(recipe_from("{}", info_of(0, 3)).size, 224);
    EXPECT_EQ(recipe_from("augment: {size: 48}", info_of(32, 3)).size, 48);
}

TEST(ReadRecipe, OverridesChangeThatOperationAlone) {
    const augment::RecipeSpec plain = recipe_from("{}", info_of(32, 3));
    const augment::RecipeSpec spec = recipe_from(
        "augment: {overrides: {random_resized_crop: {scale: [0.3, 1.0]}, horizontal_flip: {p: 0.25}}}", info_of(32, 3));
    EXPECT_EQ(operation(spec, "random_resized_crop").params.at("scale"), (std::vector<double>{0.3, 1.0}));
    EXPECT_EQ(operation(spec, "horizontal_flip").p, 0.25);
    EXPECT_EQ(operation(spec, "random_resized_crop").p, operation(plain, "random_resized_crop").p);
    EXPECT_NO_THROW(augment::Recipe(spec, 3));
}

TEST(ReadRecipe, UnknownOperationNamesTheNearest) {
    const std::string message = message_of<ConfigError>(
        [] { recipe_from("augment: {overrides: {horizontal_flop: {p: 0.5}}}", info_of(32, 3)); });
    EXPECT_NE(message.find("horizontal_flip"), std::string::npos) << message;
}

TEST(ReadRecipe, UnknownRecipeIsAnError) {
    EXPECT_THROW(recipe_from("augment: {recipe: simclear}", info_of(32, 3)), ConfigError);
}

TEST(EvalRecipe, IsOneDeterministicView) {
    const augment::RecipeSpec spec = eval_recipe(16, 1);
    EXPECT_EQ(spec.size, 16);
    ASSERT_EQ(spec.views.size(), 1U);
    const augment::Recipe recipe(spec, 1);
    const std::vector<std::uint8_t> source = testing::make_pixels({20, 30, 1}, 1);
    augment::Workspace workspace;
    std::vector<std::uint8_t> first(256);
    std::vector<std::uint8_t> second(256);
    recipe.apply({source.data(), {20, 30, 1}}, {1, 0, 0}, {{first.data(), nullptr, nullptr}}, workspace);
    recipe.apply({source.data(), {20, 30, 1}}, {2, 5, 9}, {{second.data(), nullptr, nullptr}}, workspace);
    EXPECT_EQ(first, second);
}

} // namespace
} // namespace tacit::loader
