// SPDX-License-Identifier: Apache-2.0
#include "models/backbones/parts/drop_path.hpp"
#include "models/backbones/parts/positions.hpp"
#include "models/backbones/parts/transformer_block.hpp"
#include "models/backbones/token_backbone.hpp"
#include "models/pretext/pretext.hpp"
#include "tests/models/backbones/backbone_fixture.hpp"
#include "tests/models/finite_differences.hpp"
#include "tests/models/wave.hpp"

#include <cmath>
#include <fmt/format.h>

namespace tacit::models {
namespace {

class ViTTest : public BackboneFixture {
  protected:
    std::shared_ptr<TokenBackbone> vit(const std::string& options, augment::ImageShape shape = {16, 24, 3}) {
        torch::manual_seed(5);
        const auto made = make("{backbone: vit_tiny, width: 24, depth: 2, heads: 3, " + options + "}", shape);
        return std::dynamic_pointer_cast<TokenBackbone>(made);
    }
    at::Tensor images(std::int64_t count = 2, std::int64_t height = 16, std::int64_t width = 24) {
        return wave({count, 3, height, width}, 0.37, 0.2).to(torch::kFloat);
    }
};

const std::vector<std::string> kKinds = {"patch: 4", "patch: 8, positions: learned",
                                         "patch: 4, positions: rotary, registers: 3",
                                         "patch: 2, class_token: false, layer_scale: 0.1, qkv_bias: false"};

TEST_F(ViTTest, TokensAreClassRegistersAndPatchesAndFeaturesArePooledFromThem) {
    for (const auto& kind : kKinds) {
        SCOPED_TRACE(kind);
        for (const bool mean : {false, true}) {
            const auto backbone = vit(kind + (mean ? ", pool: mean" : ""));
            const auto all = backbone->tokens(images());
            const auto [channels, rows, columns] = backbone->map_shape();
            const auto prefix = backbone->prefix_tokens();
            ASSERT_EQ(all.sizes().vec(), (std::vector<std::int64_t>{2, prefix + rows * columns, channels}));
            EXPECT_EQ(rows, 16 / backbone->patch());
            const auto patches = all.slice(1, prefix);
            EXPECT_TRUE(torch::equal(backbone->feature_map(images()),
                                     patches.reshape({2, rows, columns, channels}).permute({0, 3, 1, 2})));
            EXPECT_TRUE(torch::allclose(backbone->forward(images()),
                                        mean || !backbone->has_class_token() ? patches.mean(1) : all.select(1, 0)));
        }
    }
}

TEST_F(ViTTest, LastLayerIsWhatTheEncoderGives) {
    const auto backbone = vit("patch: 4");
    EXPECT_EQ(backbone->layer_names(), (std::vector<std::string>{"blocks.0", "blocks.1"}));
    const auto outputs = backbone->layers(images(), {"blocks.1", "blocks.0"});
    EXPECT_TRUE(torch::equal(outputs[0].features, backbone->forward(images())));
    EXPECT_TRUE(torch::equal(outputs[0].map, backbone->feature_map(images())));
    EXPECT_FALSE(torch::allclose(outputs[1].features, outputs[0].features));
}

/// Keeping all patches in another order permutes their tokens: positions belong to patches, not to places in the input.
TEST_F(ViTTest, KeptPatchesCarryTheirPositions) {
    for (const auto& kind : kKinds) {
        SCOPED_TRACE(kind);
        const auto backbone = vit(kind);
        backbone->to(torch::kDouble);
        const auto input = images().to(torch::kDouble);
        const auto prefix = backbone->prefix_tokens();
        const auto all = backbone->tokens(input);
        const auto order = torch::randperm(all.size(1) - prefix, torch::kLong);
        const auto keep = torch::stack({order, order.flip(0)});
        const auto permuted = backbone->tokens(input, {keep, {}, {}});
        EXPECT_TRUE(torch::allclose(permuted.slice(1, 0, prefix), all.slice(1, 0, prefix)));
        const auto expected = all.slice(1, prefix).gather(1, keep.unsqueeze(2).expand({-1, -1, all.size(2)}));
        EXPECT_TRUE(torch::allclose(permuted.slice(1, prefix), expected));
        const auto some = backbone->tokens(input, {keep.slice(1, 0, 3), {}, {}});
        EXPECT_EQ(some.size(1), prefix + 3);
        EXPECT_FALSE(torch::allclose(some.slice(1, prefix), expected.slice(1, 0, 3))); // they attend to fewer
    }
}

TEST_F(ViTTest, WhatIsLeftOutCannotBeSeen) {
    const auto backbone = vit("patch: 4, positions: rotary");
    const auto keep = torch::tensor({{1, 5, 7}, {0, 2, 23}}, torch::kLong);
    auto changed = images().clone();
    changed.slice(2, 0, 4).slice(3, 8, 12).zero_(); // patch 2 of both images
    const auto before = backbone->tokens(images(), {keep, {}, {}});
    const auto after = backbone->tokens(changed, {keep, {}, {}});
    EXPECT_TRUE(torch::equal(before[0], after[0]));
    EXPECT_FALSE(torch::allclose(before[1], after[1]));
}

TEST_F(ViTTest, HiddenPatchesAreTheMaskTokenAtTheirPlace) {
    const auto backbone = vit("patch: 4");
    auto hidden = torch::zeros({2, 24}, torch::kBool);
    hidden[0][2] = true;
    auto changed = images().clone();
    changed.slice(2, 0, 4).slice(3, 8, 12).zero_(); // patch 2
    const auto mask_token = torch::full({24}, 0.5);
    const auto before = backbone->tokens(images(), {{}, hidden, mask_token});
    const auto after = backbone->tokens(changed, {{}, hidden, mask_token});
    EXPECT_TRUE(torch::equal(before[0], after[0]));
    EXPECT_FALSE(torch::allclose(before[1], after[1]));
    EXPECT_FALSE(torch::allclose(before[0], backbone->tokens(images(), {{}, hidden, 2 * mask_token})[0]));
}

TEST_F(ViTTest, OtherSizesOfImagesInterpolateThePositions) {
    for (const auto& kind : kKinds) {
        SCOPED_TRACE(kind);
        const auto backbone = vit(kind);
        const auto crops = images(2, 8, 16);
        EXPECT_EQ(backbone->feature_map(crops).sizes().slice(2).vec(),
                  (std::vector<std::int64_t>{8 / backbone->patch(), 16 / backbone->patch()}));
        EXPECT_EQ(backbone->forward(crops).size(1), 24);
    }
    const auto backbone = vit("patch: 4");
    EXPECT_EQ(backbone->unfit(8, 16), "");
    EXPECT_EQ(backbone->unfit(10, 16), "cuts images into patches of 4x4 pixels, of which 10x16 are no whole number; "
                                       "choose a model.patch that divides both, or another augment.size");
    EXPECT_THROW(backbone->forward(images(2, 10, 16)), std::invalid_argument);
}

TEST_F(ViTTest, SinCosPositionsFollowTheirFormula) {
    const auto positions = sincos_positions(3, 5, 8)[0];
    for (std::int64_t row = 0; row < 3; ++row) {
        for (std::int64_t column = 0; column < 5; ++column) {
            const auto x = static_cast<double>(column), y = static_cast<double>(row);
            const auto expected = torch::tensor({std::sin(x), std::sin(x / 100), std::cos(x), std::cos(x / 100),
                                                 std::sin(y), std::sin(y / 100), std::cos(y), std::cos(y / 100)},
                                                torch::kFloat);
            EXPECT_TRUE(torch::allclose(positions[row * 5 + column], expected, 0, 1e-6)) << row << " " << column;
        }
    }
}

/// What rotary positions are for: products of queries and keys depend on the way between patches alone.
TEST_F(ViTTest, RotationKeepsLengthsAndProductsDependOnTheWayAlone) {
    const auto rotation = rotation_of_grid(4, 4, 8, torch::kDouble);
    const auto query = wave({1, 1, 1, 8}, 0.7, 0.1).expand({1, 1, 16, 8});
    const auto key = wave({1, 1, 1, 8}, 0.9, 0.4).expand({1, 1, 16, 8});
    const auto turned = rotated(query, rotation, 0);
    EXPECT_TRUE(torch::allclose(turned.norm(2, 3), query.norm(2, 3)));
    const auto products = turned.matmul(rotated(key, rotation, 0).transpose(2, 3))[0][0];
    for (const auto& [from, to] : {std::pair{0, 5}, {1, 6}, {5, 10}, {10, 15}}) { // a row down, a column right
        EXPECT_NEAR(products[from][to].item<double>(), products[0][5].item<double>(), 1e-12);
    }
    EXPECT_GT(std::abs(products[5][0].item<double>() - products[0][5].item<double>()), 1e-3);
}

at::Tensor loss_of(const at::Tensor& output) {
    return (output * wave(output.sizes().vec(), 0.61, 0.3)).sum() + output.square().mean();
}

TEST_F(ViTTest, GradientsOfOurOwnPartsAreThoseOfFiniteDifferences) {
    const auto positions = wave({1, 12, 4}, 0.3, 0.1);
    EXPECT_LT(gradient_error([](const auto& in) { return loss_of(resized_positions(in[0], 3, 4, 2, 5)); }, {positions}),
              1e-7);
    EXPECT_LT(gradient_error([](const auto& in) { return loss_of(resized_positions(in[0], 3, 4, 6, 7)); }, {positions}),
              1e-7);
    const auto rotation = rotation_of_grid(2, 3, 4, torch::kDouble);
    EXPECT_LT(gradient_error([&](const auto& in) { return loss_of(rotated(in[0], rotation, 2)); },
                             {wave({2, 2, 8, 4}, 0.3, 0.1)}),
              1e-7);
    torch::manual_seed(1);
    TransformerBlock block({8, 2, true, 0.3});
    block.to(torch::kDouble);
    fill_by_formula(block);
    auto gains = drop_path_gains(torch::tensor({{0.1, 0.9}, {0.5, 0.1}, {0.9, 0.2}, {0.3, 0.95}}, torch::kDouble), 0.4);
    gains = gains.slice(0, 2);
    EXPECT_EQ(gains.eq(0).sum().item<std::int64_t>(), 2);
    const auto tokens = wave({2, 8, 8}, 0.7, 0.2);
    EXPECT_LT(gradient_error(
                  [&](const auto& in) {
                      return loss_of(block.forward(in[0], {rotation, 2, gains}));
                  },
                  {tokens}),
              1e-6);
    const auto gamma = block.named_parameters()["ls2.gamma"];
    loss_of(block.forward(tokens, {rotation, 2, gains})).backward();
    const auto gradient = gamma.grad()[3].item<double>();
    const torch::NoGradGuard no_grad;
    const auto at = [&](double shift) {
        gamma[3] += shift;
        const auto loss = loss_of(block.forward(tokens, {rotation, 2, gains})).item<double>();
        gamma[3] -= shift;
        return loss;
    };
    EXPECT_NEAR((at(1e-5) - at(-1e-5)) / 2e-5, gradient, 1e-6);
}

TEST_F(ViTTest, DropPathRatesRiseByBlockAndKeepTheMean) {
    const auto gains = drop_path_gains(torch::rand({8, 20000}, torch::kDouble), 0.3);
    for (std::int64_t row = 0; row < 8; ++row) {
        const double rate = 0.1 * static_cast<double>(row / 2);
        EXPECT_NEAR(gains[row].eq(0).to(torch::kDouble).mean().item<double>(), rate, 0.015) << row;
        EXPECT_NEAR(gains[row].max().item<double>(), 1 / (1 - rate), 1e-12);
        EXPECT_NEAR(gains[row].mean().item<double>(), 1, 0.02);
    }
}

/// Splitting the samples of a step, or putting several views into one pass, changes no image's features.
TEST_F(ViTTest, DropPathIsKeyedByStepPassViewAndSample) {
    const auto backbone = vit("patch: 4, drop_path: 0.6");
    backbone->train();
    const auto ids = torch::tensor({7, 3, 11, 2}, torch::kLong);
    const auto views = images(8);
    const auto encode = [&](std::int64_t step, const at::Tensor& samples, const at::Tensor& pixels) {
        StepContext at;
        at.step = step;
        at.seed = 5;
        backbone->begin_step(at, samples);
        return std::pair(backbone->forward(pixels), backbone->forward(pixels));
    };
    const auto [first, second] = encode(3, ids, views);
    EXPECT_TRUE(torch::equal(encode(3, ids, views).first, first));
    EXPECT_FALSE(torch::allclose(first, second)); // the second pass of the step
    EXPECT_FALSE(torch::allclose(encode(4, ids, views).first, first));
    const auto rows = torch::tensor({1, 2, 5, 6}, torch::kLong); // samples 3 and 11 of both views, as another rank has
    EXPECT_TRUE(torch::allclose(encode(3, ids.slice(0, 1, 3), views.index_select(0, rows)).first,
                                first.index_select(0, rows), 1e-4, 1e-5));
    EXPECT_THROW(encode(3, ids, images(7)), std::logic_error);
    EXPECT_THROW(vit("patch: 4, drop_path: 0.6")->forward(views), std::logic_error);
    const torch::NoGradGuard teacher;
    EXPECT_TRUE(torch::equal(backbone->forward(views), backbone->forward(views)));
}

TEST_F(ViTTest, PositionsAndTokensAreNotDecayed) {
    const auto backbone = vit("patch: 4, positions: learned, registers: 2, layer_scale: 0.1");
    std::vector<std::pair<std::string, at::Tensor>> named;
    for (const auto& item : backbone->named_parameters()) {
        named.emplace_back("backbone." + item.key(), item.value());
    }
    const auto group = parameter_group("main", named);
    for (const auto* name : {"backbone.pos_embed", "backbone.cls_token", "backbone.reg_token",
                             "backbone.blocks.1.ls1.gamma", "backbone.norm.weight", "backbone.patch_embed.proj.bias"}) {
        EXPECT_TRUE(group.plain.count(name) == 1) << name;
    }
    for (const auto* name : {"backbone.patch_embed.proj.weight", "backbone.blocks.0.attn.qkv.weight"}) {
        EXPECT_TRUE(group.plain.count(name) == 0) << name;
    }
}

TEST_F(ViTTest, StartsAsTimmDoes) {
    const auto backbone = vit("patch: 4, positions: learned, registers: 1");
    const auto parameters = backbone->named_parameters();
    EXPECT_NEAR(parameters["blocks.0.mlp.fc1.weight"].std().item<double>(), 0.02, 0.001);
    EXPECT_TRUE(torch::equal(parameters["blocks.1.attn.qkv.bias"], torch::zeros({72})));
    EXPECT_LT(parameters["cls_token"].abs().max().item<double>(), 1e-5);
    EXPECT_NEAR(parameters["pos_embed"].std().item<double>(), 0.02, 0.003);
    EXPECT_EQ(make("{backbone: vit_small}", {8, 8, 3})->named_parameters()["blocks.11.attn.qkv.weight"].sizes().vec(),
              (std::vector<std::int64_t>{1152, 384}));
}

TEST_F(ViTTest, OptionsThatDoNotFitAreRefused) {
    const auto complaint = [&](const std::string& options, augment::ImageShape shape = {32, 32, 3}) {
        return refusal("{backbone: vit_tiny, " + options + "}", shape);
    };
    EXPECT_EQ(complaint("patch: 5", {32, 30, 3}),
              "test.yaml:1: model.patch: vit_tiny cuts images into patches of 5x5 pixels, of which 32x30 are no whole "
              "number; choose a model.patch that divides both, or another augment.size");
    EXPECT_EQ(complaint("patch: 32"), "test.yaml:1: model.patch: vit_tiny has nothing to attend to: images of 32x32 "
                                      "pixels are a single patch of model.patch 32");
    EXPECT_EQ(complaint("heads: 5"), "test.yaml:1: model.heads: 5 heads do not divide a width of 192");
    EXPECT_EQ(complaint("width: 30"), "test.yaml:1: model.width: positions sincos need a multiple of 4, got 30");
    EXPECT_EQ(complaint("width: 30, positions: rotary"),
              "test.yaml:1: model.heads: positions rotary need heads of a multiple of 4 channels, got 3 of 10");
    EXPECT_EQ(complaint("class_token: false, pool: token"),
              "test.yaml:1: model.pool: token is the class token, and there is none: pool: mean, or class_token: true");
    EXPECT_NE(complaint("stem: cifar"), "");
    EXPECT_NE(complaint("hidden: [3]"), "");
}

} // namespace
} // namespace tacit::models
