// SPDX-License-Identifier: Apache-2.0
#include "pipeline/loader/recipe_config.hpp"

#include "augment/recipe/operation.hpp"
#include "pipeline/base/error.hpp"
#include "tests/pipeline/shards/image_fixtures.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace tacit::loader {
namespace {

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

std::string refusal(const std::string& yaml, int channels = 3) {
    return message_of<ConfigError>([&] { recipe_from(yaml, info_of(32, channels)); });
}

void expect_in(const std::string& message, const std::string& part) {
    EXPECT_NE(message.find(part), std::string::npos) << "message: '" << message << "', missing: '" << part << "'";
}

TEST(ReadRecipe, DefaultsToTheImagesSize) {
    EXPECT_EQ(recipe_from("{}", info_of(32, 3)).size, 32);
    EXPECT_EQ(recipe_from("{}", info_of(500, 3)).size, 224);
    EXPECT_EQ(recipe_from("{}", info_of(0, 3)).size, 224);
    EXPECT_EQ(recipe_from("{}", info_of(1, 3)).size, 4);
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
    recipe.apply(augment::ImageView{source.data(), {20, 30, 1}}, {1, 0, 0}, {{first.data()}}, workspace);
    recipe.apply(augment::ImageView{source.data(), {20, 30, 1}}, {2, 5, 9}, {{second.data()}}, workspace);
    EXPECT_EQ(first, second);
}

/// Two views of the recipe's size and three smaller ones that show what they hide.
constexpr const char* kMulticrop = R"(augment:
  size: 64
  views:
    - repeat: 2
      operations:
        - random_resized_crop: {scale: [0.14, 1]}
        - horizontal_flip: {p: 0.5}
    - repeat: 3
      size: 28
      operations:
        - random_resized_crop: {scale: [0.05, 0.14]}
        - watermark:
            kind: strokes
            p: 0.25
    - draw: 0
      operations:
        - random_resized_crop:
        - padded_crop: {reflect: true}
)";

TEST(ReadViews, ReadsSizesRepeatsDrawsNumbersFlagsAndWords) {
    const augment::RecipeSpec spec = recipe_from(kMulticrop, info_of(32, 3));
    ASSERT_EQ(spec.views.size(), 6U);
    const augment::Recipe recipe(spec, 3);
    for (int view = 0; view < 6; ++view) {
        EXPECT_EQ(recipe.output(view).width, view >= 2 && view < 5 ? 28 : 64);
        EXPECT_EQ(spec.views[static_cast<std::size_t>(view)].draw, view % 5);
    }
    EXPECT_EQ(spec.views[1].ops[0].params.at("scale"), (std::vector<double>{0.14, 1}));
    EXPECT_EQ(spec.views[1].ops[1].p, 0.5);
    EXPECT_EQ(spec.views[4].ops[1].words.at("kind"), "strokes");
    EXPECT_EQ(spec.views[4].ops[1].p, 0.25);
    EXPECT_EQ(spec.views[5].ops[1].params.at("reflect"), std::vector<double>{1});
}

TEST(ReadViews, ResolvedConfigShowsDefaultsAndReadsBackAsTheSameRecipe) {
    config::Document document = config::Document::from_text(kMulticrop, "test.yaml");
    const augment::RecipeSpec spec = read_recipe(document.root().section("augment"), "simclr", info_of(32, 3));
    const std::string resolved = document.resolved_yaml();
    for (const char* part : {"ratio: [0.75, 1.3333333333333333]", "reflect: true", "opacity: [0.4, 0.9]", "draw: 2"}) {
        expect_in(resolved, part);
    }
    config::Document again = config::Document::from_text(resolved, "resolved.yaml");
    const augment::RecipeSpec second = read_recipe(again.root().section("augment"), "simclr", info_of(32, 3));
    again.finish();
    EXPECT_EQ(again.resolved_yaml(), resolved);
    EXPECT_EQ(second.views.size(), spec.views.size());
    EXPECT_NE(document.resolved_yaml_with_origins().find("# test.yaml:11"), std::string::npos)
        << document.resolved_yaml_with_origins();
}

TEST(ReadViews, EveryOperationCanBeWrittenWithAllItsDefaults) {
    for (const std::string& name : augment::operation_names()) {
        config::Document document =
            config::Document::from_text("augment: {size: 32, views: [{operations: [" + name + ": {}]}]}", "test.yaml");
        EXPECT_NO_THROW(read_recipe(document.root().section("augment"), "simclr", info_of(32, 3))) << name;
        config::Document again = config::Document::from_text(document.resolved_yaml(), "resolved.yaml");
        EXPECT_NO_THROW(read_recipe(again.root().section("augment"), "simclr", info_of(32, 3)))
            << document.resolved_yaml();
        EXPECT_NO_THROW(again.finish());
    }
}

TEST(ReadViews, SetChangesOneEntry) {
    config::Document document = config::Document::from_text(kMulticrop, "test.yaml");
    document.set("augment.views.1.size=20");
    document.set("augment.views.0.operations.1.horizontal_flip.p=0.75");
    const augment::RecipeSpec spec = read_recipe(document.root().section("augment"), "simclr", info_of(32, 3));
    EXPECT_EQ(spec.views[2].size, 20);
    EXPECT_EQ(spec.views[0].ops[1].p, 0.75);
    config::Document other = config::Document::from_text(kMulticrop, "test.yaml");
    expect_in(message_of<ConfigError>([&] { other.set("augment.views.3.size=20"); }), "which has 3");
}

TEST(ReadViews, MistakesAreNamedWithTheirLine) {
    const std::string begin = "augment:\n  views:\n    - operations:\n      - ";
    expect_in(refusal(begin + "gausian_blur: {}"), "test.yaml:4");
    expect_in(refusal(begin + "gausian_blur: {}"), "did you mean 'gaussian_blur'");
    expect_in(refusal(begin + "gaussian_blur: {sigm: 1}"), "did you mean 'sigma'");
    expect_in(refusal(begin + "gaussian_blur: {sigma: 0}"), "test.yaml:4: augment.views.0.operations.0.gaussian_blur");
    expect_in(refusal(begin + "gaussian_blur: {sigma: 0}"), "sigma: expected a finite number in [0.01, 1000]");
    expect_in(refusal(begin + "watermark: {kind: strike}"), "did you mean 'strokes'");
    expect_in(refusal(begin + "grayscale: {}", 1), "needs 3 channels");
    expect_in(refusal(begin + "grayscale: {}\n        solarize: {}"), "2 operations in one entry");
    expect_in(refusal(begin + "grayscale"), "expected a mapping");
    expect_in(refusal(begin + "grayscale: {}\n      sise: 3"), "did you mean 'size'");
    expect_in(refusal("augment: {views: 3}"), "expected a list of mappings");
    expect_in(refusal("augment: {views: []}"), "number of views is 0");
    expect_in(refusal("augment: {views: [{repeat: 2, draw: 5, operations: []}]}"), "does not go with repeat");
    expect_in(refusal("augment: {recipe: simclr, views: [{operations: []}]}"), "choose one");
    expect_in(refusal("augment: {views: [{repeat: 64, operations: []}, {operations: []}]}"), "64 at most");
    expect_in(refusal(begin + "random_erasing: {value: []}"), "value: expected 1 to 32 numbers in [0, 255], got 0");
    expect_in(refusal("augment: {recipe: colorize}", 1), "test.yaml:1: augment.recipe");
}

TEST(ReadRecipe, OverridesTakeFlagsAndNameMistakes) {
    const augment::RecipeSpec spec =
        recipe_from("augment: {recipe: jigsaw, overrides: {jigsaw: {jitter: false}}}", info_of(32, 3));
    EXPECT_EQ(operation(spec, "jigsaw").params.at("jitter"), std::vector<double>{0});
    expect_in(refusal("augment: {overrides: {gaussian_blur: {sigm: 1}}}"), "did you mean 'sigma'");
    expect_in(refusal("augment: {overrides: {gaussian_blur: {sigma: 0}}}"), "test.yaml:1: augment.overrides");
    expect_in(refusal("augment: {overrides: {color_jitter: {brightness: []}}}"),
              "brightness: expected 1 to 2 numbers in [0, 100], got 0");
    expect_in(refusal("augment: {overrides: {color_jitter: {brightness: [1, 2, 3]}}}"), "got 3");
}

} // namespace
} // namespace tacit::loader
