// SPDX-License-Identifier: Apache-2.0
// Networks beside those of torchvision and timm with the same weights (tests/oracle/backbone_fixtures.py).
#include "models/backbones/token_backbone.hpp"
#include "tests/models/backbones/backbone_fixture.hpp"
#include "tests/models/fixture.hpp"
#include "tests/models/wave.hpp"

#include <fmt/format.h>

#include <fstream>
#include <map>
#include <ostream>

namespace tacit::models {
namespace {

struct OracleCase {
    const char* name;
    const char* yaml;
    const char* first; ///< weight whose gradient is compared
    int height;
    int width;
    double tolerance = 1e-8; ///< of features; timm resizes positions and keeps periods in float32
    friend std::ostream& operator<<(std::ostream& out, const OracleCase& oracle) { return out << oracle.name; }
};

class BackboneOracle : public BackboneFixture, public testing::WithParamInterface<OracleCase> {};

at::Tensor thinned(const at::Tensor& features) {
    return features.slice(1, 0, features.size(1), 8);
}

TEST_P(BackboneOracle, FeaturesAndGradientsAreThoseOfTheLibrary) {
    const auto& [name, yaml, first, height, width, tolerance] = GetParam();
    static const auto oracle = fixture("backbones");
    const auto expected = [&, stem = std::string(name)](const char* what) { return oracle.at(stem + "." + what); };
    const bool transformer = std::string(yaml).find("vit") != std::string::npos;
    const auto backbone =
        make(yaml, transformer ? augment::ImageShape{16, 24, 3} : augment::ImageShape{height, width, 3});
    backbone->to(torch::kDouble);
    fill_by_formula(*backbone);
    const auto images = wave({2, 3, height, width}, 0.0113, 0.5);
    const auto encode = [&, subset = std::string(name) == "vit_kept"] {
        if (!subset) {
            return backbone->forward(images);
        }
        const auto keep = torch::tensor({{1, 5, 7, 23, 0, 11}, {4, 3, 2, 22, 21, 9}}, torch::kLong);
        return dynamic_cast<TokenBackbone&>(*backbone).tokens(images, {keep, {}, {}}).select(1, 0);
    };
    backbone->eval();
    EXPECT_LT(relative_difference(thinned(encode()), expected("eval")), tolerance);
    if (oracle.count(std::string(name) + ".train") == 0) {
        return;
    }
    backbone->train();
    const auto features = encode();
    EXPECT_LT(relative_difference(thinned(features), expected("train")), 1e-6);
    features.square().mean().backward();
    EXPECT_LT(relative_difference(backbone->named_parameters()[first].grad().flatten(1).sum(1), expected("gradient")),
              1e-5);
}

INSTANTIATE_TEST_SUITE_P(
    ResNets, BackboneOracle,
    testing::Values(OracleCase{"resnet34", "{backbone: resnet34, stem: standard}", "conv1.weight", 40, 32},
                    OracleCase{"resnet50", "{backbone: resnet50}", "conv1.weight", 16, 8},
                    OracleCase{"resnet50_group", "{backbone: resnet50, stem: standard, norm: group}", "conv1.weight",
                               32, 32},
                    OracleCase{"resnet101", "{backbone: resnet101, stem: standard}", "conv1.weight", 32, 32},
                    OracleCase{"wide_resnet50_2", "{backbone: wide_resnet50_2}", "conv1.weight", 8, 8}),
    [](const auto& parameter) { return std::string(parameter.param.name); });

INSTANTIATE_TEST_SUITE_P(
    PlainNetworks, BackboneOracle,
    testing::Values(OracleCase{"alexnet", "{backbone: alexnet, stem: standard, norm: none}", "features.0.weight", 96,
                               64},
                    OracleCase{"vgg11", "{backbone: vgg11, norm: none}", "features.0.weight", 32, 32},
                    OracleCase{"vgg16_bn", "{backbone: vgg16}", "features.0.weight", 64, 32},
                    OracleCase{"nin", "{backbone: nin, width: 48}", "block1.0.conv.weight", 12, 10}),
    [](const auto& parameter) { return std::string(parameter.param.name); });

#define TACIT_VIT "{backbone: vit_tiny, patch: 4, width: 24, depth: 2, heads: 3, "

INSTANTIATE_TEST_SUITE_P(
    VisionTransformers, BackboneOracle,
    testing::Values(
        OracleCase{"vit_learned", TACIT_VIT "positions: learned}", "patch_embed.proj.weight", 16, 24},
        OracleCase{"vit_registers", TACIT_VIT "positions: learned, registers: 3, layer_scale: 0.1, qkv_bias: false}",
                   "patch_embed.proj.weight", 16, 24},
        OracleCase{"vit_mean", TACIT_VIT "positions: learned, class_token: false}", "patch_embed.proj.weight", 16, 24},
        OracleCase{"vit_resized", TACIT_VIT "positions: learned}", "patch_embed.proj.weight", 24, 8, 1e-6},
        OracleCase{"vit_kept", TACIT_VIT "positions: learned}", "patch_embed.proj.weight", 16, 24},
        OracleCase{"vit_rotary", TACIT_VIT "positions: rotary, registers: 2, layer_scale: 0.1, qkv_bias: false}",
                   "patch_embed.proj.weight", 16, 24, 1e-6},
        OracleCase{"vit_rotary_resized",
                   TACIT_VIT "positions: rotary, registers: 2, layer_scale: 0.1, qkv_bias: false}",
                   "patch_embed.proj.weight", 8, 32, 1e-6}),
    [](const auto& parameter) { return std::string(parameter.param.name); });

#undef TACIT_VIT

class ViTPlans : public BackboneFixture {};

TEST_F(ViTPlans, AreTimms) {
    std::ifstream in(fixtures_folder() + "/models/vit_plans.txt");
    std::string name;
    std::int64_t width = 0, depth = 0, heads = 0, count = 0, plans = 0;
    for (; in >> name >> width >> depth >> heads >> count; ++plans) {
        SCOPED_TRACE(name);
        const auto parameters = [&](std::int64_t blocks) { // of a network that needs less memory
            const auto yaml = fmt::format("{{backbone: {}, patch: 16, positions: learned, depth: {}}}", name, blocks);
            std::int64_t sum = 0;
            for (const auto& parameter : make(yaml, {224, 224, 3})->parameters()) {
                sum += parameter.numel();
            }
            return sum;
        };
        EXPECT_EQ(parameters(1) + (depth - 1) * (parameters(2) - parameters(1)), count);
        if (name == "vit_large") {
            continue; // 1.2 GB
        }
        const auto options = make("{backbone: " + name + "}", {32, 32, 3})->architecture().options;
        const std::map<std::string, std::string> made(options.begin(), options.end());
        EXPECT_EQ(made.at("width"), std::to_string(width));
        EXPECT_EQ(made.at("depth"), std::to_string(depth));
        EXPECT_EQ(made.at("heads"), std::to_string(heads));
    }
    EXPECT_EQ(plans, 4);
}

} // namespace
} // namespace tacit::models
