// SPDX-License-Identifier: Apache-2.0
#include "models/weights/export.hpp"
#include "tests/models/backbones/backbone_fixture.hpp"
#include "tests/models/fixture.hpp"
#include "tests/models/wave.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <fstream>

namespace tacit::models {
namespace {

class BackboneTest : public BackboneFixture {};

/// Each family, small; images of 32 pixels and more.
const std::vector<std::string> kSmall = {
    "{backbone: resnet18, width: 8}",
    "{backbone: resnet18, stem: standard, width: 8}",
    "{backbone: resnet34, width: 4, norm: group}",
    "{backbone: resnet50, width: 4}",
    "{backbone: wide_resnet50_2, width: 4}",
    "{backbone: vit_tiny, patch: 1, width: 8, depth: 2, heads: 1}",
    "{backbone: nin, width: 6, blocks: 3}",
    "{backbone: alexnet, width: 4}",
    "{backbone: vgg11, width: 4}",
    "{backbone: vgg16, width: 4, norm: none}",
    "{backbone: convnet, width: 4}",
    "{backbone: convnet, width: 4, norm: none}",
    "{backbone: mlp, hidden: [32, 24]}",
    "{backbone: mlp, hidden: [32, 24], norm: none, activation: sigmoid}",
    "{backbone: mlp, hidden: [32, 24], norm: group, activation: gelu}",
};

TEST_F(BackboneTest, FeatureShapesAreAsPromisedForAnyChannelsHeightAndWidth) {
    for (const auto& yaml : kSmall) {
        for (const auto& [height, width] : {std::pair{32, 32}, {37, 37}, {40, 64}}) {
            for (const int channels : {1, 2, 5}) {
                SCOPED_TRACE(fmt::format("{} {}x{}x{}", yaml, height, width, channels));
                const auto backbone = make(yaml, {height, width, channels});
                const auto images = torch::randn({3, channels, height, width});
                const auto [maps, rows, columns] = backbone->map_shape();
                EXPECT_EQ(backbone->feature_map(images).sizes().vec(),
                          (std::vector<std::int64_t>{3, maps, rows, columns}));
                EXPECT_EQ(backbone->forward(images).sizes().vec(),
                          (std::vector<std::int64_t>{3, backbone->feature_dim()}));
            }
        }
    }
}

TEST_F(BackboneTest, LayersAreGivenByNameInTheOrderAskedForAndTheLastIsTheFeatureMap) {
    for (const auto& yaml : kSmall) {
        SCOPED_TRACE(yaml);
        const auto backbone = make(yaml, {32, 32, 3});
        backbone->eval();
        const auto images = torch::randn({2, 3, 32, 32});
        auto names = backbone->layer_names();
        ASSERT_GE(names.size(), 2U);
        const auto forwards = backbone->layers(images, names);
        std::reverse(names.begin(), names.end());
        const auto backwards = backbone->layers(images, names);
        for (std::size_t i = 0; i < names.size(); ++i) {
            EXPECT_EQ(forwards[i].map.dim(), 4);
            EXPECT_EQ(forwards[i].features.size(0), 2);
            EXPECT_TRUE(torch::equal(forwards[i].map, backwards[names.size() - 1 - i].map)) << i;
        }
        EXPECT_FALSE(torch::equal(forwards[0].features, forwards[1].features));
        EXPECT_TRUE(torch::equal(forwards.back().map, backbone->feature_map(images)));
        EXPECT_TRUE(torch::equal(backbone->layers(images, {names.back()}).front().map, forwards.front().map));
    }
}

TEST_F(BackboneTest, ALayerThatIsNotThereIsNamedWithTheNearest) {
    const auto backbone = make("{backbone: resnet18, width: 4}", {32, 32, 3});
    try {
        backbone->layers(torch::zeros({1, 3, 32, 32}), {"layer5"});
        FAIL();
    } catch (const std::invalid_argument& error) {
        EXPECT_STREQ(error.what(), "unknown layer 'layer5'; did you mean 'layer1'? (one of: stem, layer1, layer2, "
                                   "layer3, layer4)");
    }
}

TEST_F(BackboneTest, FeaturesArePooledFromTheFeatureMap) {
    const auto resnet = make("{backbone: resnet18, width: 8}", {28, 28, 1});
    resnet->eval();
    const auto images = torch::randn({2, 1, 28, 28});
    EXPECT_TRUE(torch::allclose(resnet->forward(images), resnet->feature_map(images).mean({2, 3})));
}

TEST_F(BackboneTest, ConvnetFeaturesAreTheMeansOfTheQuartersOfTheMap) {
    const auto backbone = make("{backbone: convnet, width: 4}", {28, 28, 1});
    backbone->eval();
    const auto images = torch::randn({2, 1, 28, 28});
    const auto map = backbone->feature_map(images);
    const auto features = backbone->forward(images).view({2, 64, 2, 2});
    for (const int row : {0, 1}) {
        for (const int column : {0, 1}) {
            const auto quarter = map.slice(2, 2 * row, 2 * row + 2).slice(3, 2 * column, 2 * column + 2);
            EXPECT_TRUE(torch::allclose(features.select(2, row).select(2, column), quarter.mean({2, 3})));
        }
    }
    EXPECT_EQ(make("{backbone: convnet, width: 4}", {8, 8, 1})->feature_dim(), 64);
}

TEST_F(BackboneTest, ChannelsLastAndContiguousImagesGiveTheSameFeatures) {
    const auto backbone = make("{backbone: convnet, width: 4}", {28, 28, 3});
    backbone->eval();
    const auto images = torch::randn({2, 3, 28, 28});
    EXPECT_TRUE(torch::allclose(backbone->forward(images),
                                backbone->forward(images.contiguous(at::MemoryFormat::ChannelsLast)), 1e-4, 1e-5));
}

TEST_F(BackboneTest, NarrowResNetHasTheSameGradientsChannelsLastAndContiguous) {
    const augment::ImageShape shape{64, 64, 3};
    std::vector<at::Tensor> gradients[2];
    for (const bool last : {false, true}) {
        torch::manual_seed(3);
        auto backbone = make("{backbone: resnet18, stem: cifar, width: 8}", shape);
        at::Tensor images = torch::randn({16, 3, 64, 64});
        if (last) {
            images = images.contiguous(at::MemoryFormat::ChannelsLast);
        }
        backbone->forward(images).square().sum().backward();
        for (const at::Tensor& parameter : backbone->parameters()) {
            gradients[last ? 1 : 0].push_back(parameter.grad());
        }
    }
    for (std::size_t i = 0; i < gradients[0].size(); ++i) {
        const double scale = gradients[0][i].abs().max().item<double>();
        EXPECT_TRUE(torch::allclose(gradients[0][i] / scale, gradients[1][i] / scale, 0, 1e-3)) << i;
    }
}

TEST_F(BackboneTest, ResNet18HasTorchvisionsNamesShapesAndTypes) {
    const auto backbone = make("{stem: standard}", {64, 64, 3});
    const auto state = python_state(*backbone, zero_head(1000, 512));
    std::vector<std::string> lines;
    for (const auto& [name, tensor] : state.tensors) {
        lines.push_back(fmt::format("{} [{}] {}", name, fmt::join(tensor.sizes(), ", "),
                                    tensor.scalar_type() == torch::kLong ? "int64" : "float32"));
    }
    std::sort(lines.begin(), lines.end());
    std::ifstream in(fixtures_folder() + "/models/resnet18_names.txt");
    std::vector<std::string> expected;
    for (std::string line; std::getline(in, line);) {
        expected.push_back(line);
    }
    ASSERT_EQ(expected.size(), 122U);
    EXPECT_EQ(lines, expected);
}

TEST_F(BackboneTest, ResNet18ComputesWhatTorchvisionComputes) {
    for (const auto& [stem, size] : {std::pair<std::string, int>{"standard", 64}, {"cifar", 16}}) {
        SCOPED_TRACE(stem);
        auto oracle = fixture("resnet18_" + stem);
        const auto backbone = make(fmt::format("{{stem: {}}}", stem), {size, size, 3});
        backbone->to(torch::kDouble);
        fill_by_formula(*backbone);
        const auto images = wave({2, 3, size, size}, 0.0113, 0.5);
        backbone->eval();
        EXPECT_LT(relative_difference(backbone->forward(images), oracle["eval_features"]), 1e-10);
        backbone->train();
        const auto features = backbone->forward(images);
        EXPECT_LT(relative_difference(features, oracle["train_features"]), 1e-8);
        features.square().mean().backward();
        const auto gradient = backbone->named_parameters()["conv1.weight"].grad().sum({1, 2, 3});
        EXPECT_LT(relative_difference(gradient, oracle["conv1_gradient_sum"]), 1e-6);
        const auto buffers = backbone->named_buffers();
        EXPECT_LT(relative_difference(buffers["bn1.running_mean"], oracle["bn1_running_mean"]), 1e-10);
        EXPECT_LT(relative_difference(buffers["bn1.running_var"], oracle["bn1_running_var"]), 1e-10);
    }
}

TEST_F(BackboneTest, ConvolutionsStartWithHeVariance) {
    torch::manual_seed(3);
    const auto backbone = make("{backbone: resnet18}", {32, 32, 3});
    const auto weight = backbone->named_parameters()["layer4.1.conv2.weight"];
    EXPECT_NEAR(weight.std().item<double>(), std::sqrt(2.0 / (512 * 9)), 2e-4);
    EXPECT_TRUE(torch::equal(backbone->named_parameters()["bn1.weight"], torch::ones({64})));
}

TEST_F(BackboneTest, SameSeedGivesTheSameParameters) {
    std::vector<at::Tensor> weights;
    for (int i = 0; i < 2; ++i) {
        torch::manual_seed(7);
        weights.push_back(make("{backbone: convnet}", {28, 28, 1})->named_parameters()["conv2.conv.weight"]);
    }
    EXPECT_TRUE(torch::equal(weights[0], weights[1]));
}

TEST_F(BackboneTest, AnUnknownNameGetsTheNearest) {
    const auto message = refusal("{backbone: resnet81}", {32, 32, 3});
    EXPECT_NE(message.find("resnet18"), std::string::npos) << message;
    EXPECT_NE(message.find("test.yaml:1"), std::string::npos) << message;
}

TEST_F(BackboneTest, UnfitShapesAndOptionsAreRefused) {
    EXPECT_EQ(refusal("{backbone: convnet}", {32, 4, 3}),
              "test.yaml:1: model.backbone: convnet needs images of at least 8x8 pixels, got 32x4; raise augment.size "
              "or use the backbone mlp");
    EXPECT_EQ(refusal("{backbone: alexnet, stem: standard}", {64, 60, 3}),
              "test.yaml:1: model.backbone: alexnet needs images of at least 63x63 pixels, got 64x60; use stem: cifar");
    EXPECT_EQ(
        refusal("{backbone: vgg19}", {28, 28, 1}),
        "test.yaml:1: model.backbone: vgg19 needs images of at least 32x32 pixels, got 28x28; raise augment.size");
    EXPECT_EQ(refusal("{backbone: nin, width: 100}", {28, 28, 1}),
              "test.yaml:1: model.width: nin needs a multiple of 6, got 100: its first block narrows from the whole to "
              "five sixths and a half");
    EXPECT_NE(refusal("{backbone: vgg11, stem: cifar}", {32, 32, 3}), "");
    EXPECT_NE(refusal("{stem: standard}", {28, 28, 3}).find("stem: cifar"), std::string::npos);
    EXPECT_NE(refusal("{backbone: mlp, hidden: []}", {8, 8, 3}).find("hidden"), std::string::npos);
    EXPECT_NE(refusal("{backbone: mlp, width: 3}", {8, 8, 3}).find("width"), std::string::npos);
}

TEST_F(BackboneTest, WhatNoLibraryHasIsExportedWithOurNamesAlone) {
    const auto complaint = [&](const std::string& yaml) {
        try {
            python_state(*make(yaml, {32, 32, 3}));
        } catch (const ConfigError& error) {
            return std::string(error.what());
        }
        return std::string();
    };
    EXPECT_EQ(complaint("{backbone: convnet}"), "neither torchvision nor timm has the network convnet (width 16); "
                                                "export it with Tacit's own names: --format tacit");
    EXPECT_EQ(complaint("{width: 32}"),
              "neither torchvision nor timm has the network resnet18 (stem cifar, width 32, norm batch): torchvision's "
              "resnet18 has width 64; export it with Tacit's own names: --format tacit");
    EXPECT_THROW(python_state(*make("{}", {32, 32, 3}), zero_head(10, 100)), std::logic_error);
}

TEST_F(BackboneTest, ExportWithoutAHeadHasNoFc) {
    const auto state = python_state(*make("{}", {32, 32, 1}));
    EXPECT_EQ(state.tensors.size(), 120U);
    EXPECT_NE(state.construction.find("model.fc = nn.Identity()"), std::string::npos);
    EXPECT_NE(state.construction.find("nn.Conv2d(1, 64, 3"), std::string::npos);
}

} // namespace
} // namespace tacit::models
