// SPDX-License-Identifier: Apache-2.0
#include "models/backbones/backbone.hpp"

#include "models/backbones/resnet.hpp"
#include "models/weights/export.hpp"
#include "pipeline/base/error.hpp"
#include "tests/models/fixture.hpp"
#include "tests/models/wave.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <gtest/gtest.h>

#include <fstream>

namespace tacit::models {
namespace {

class BackboneTest : public testing::Test {
  protected:
    std::shared_ptr<Backbone> make(const std::string& yaml, augment::ImageShape shape) {
        auto document = config::Document::from_text("model: " + yaml, "test.yaml");
        auto backbone = make_backbone(document.root().section("model"), shape, *comm_);
        document.finish();
        return backbone;
    }

    std::string refusal(const std::string& yaml, augment::ImageShape shape) {
        try {
            make(yaml, shape);
        } catch (const ConfigError& error) {
            return error.what();
        }
        return "";
    }

    std::unique_ptr<dist::Communicator> comm_ = dist::make_self_communicator();
};

TEST_F(BackboneTest, FeatureShapesAreAsPromised) {
    for (const auto* yaml : {"{backbone: resnet18, width: 8}", "{backbone: resnet18, stem: standard, width: 8}",
                             "{backbone: convnet, width: 4}", "{backbone: mlp, hidden: [32, 24]}"}) {
        for (const int size : {32, 37, 64}) {
            SCOPED_TRACE(fmt::format("{} {}", yaml, size));
            const auto backbone = make(yaml, {size, size, 2});
            const auto images = torch::randn({3, 2, size, size});
            const auto [channels, map_size] = backbone->map_shape();
            EXPECT_EQ(backbone->feature_map(images).sizes().vec(),
                      (std::vector<std::int64_t>{3, channels, map_size, map_size}));
            EXPECT_EQ(backbone->forward(images).sizes().vec(), (std::vector<std::int64_t>{3, backbone->feature_dim()}));
        }
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
    for (const int row : {0, 1})
        for (const int column : {0, 1}) {
            const auto quarter = map.slice(2, 2 * row, 2 * row + 2).slice(3, 2 * column, 2 * column + 2);
            EXPECT_TRUE(torch::allclose(features.select(2, row).select(2, column), quarter.mean({2, 3})));
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
    const auto state = torchvision_state(*backbone, zero_head(1000, 512));
    std::vector<std::string> lines;
    for (const auto& [name, tensor] : state.tensors) {
        lines.push_back(fmt::format("{} [{}] {}", name, fmt::join(tensor.sizes(), ", "),
                                    tensor.scalar_type() == torch::kLong ? "int64" : "float32"));
    }
    std::sort(lines.begin(), lines.end());
    std::ifstream in(std::string(TACIT_FIXTURES) + "/models/resnet18_names.txt");
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
    EXPECT_NE(refusal("{backbone: convnet}", {28, 32, 3}).find("square"), std::string::npos);
    EXPECT_NE(refusal("{backbone: convnet}", {4, 4, 3}).find("at least"), std::string::npos);
    EXPECT_NE(refusal("{stem: standard}", {28, 28, 3}).find("stem: cifar"), std::string::npos);
    EXPECT_NE(refusal("{backbone: mlp, hidden: []}", {8, 8, 3}).find("hidden"), std::string::npos);
    EXPECT_NE(refusal("{backbone: mlp, width: 3}", {8, 8, 3}).find("width"), std::string::npos);
}

TEST_F(BackboneTest, OnlyResNet18OfWidth64IsExportedForTorchvision) {
    EXPECT_THROW(torchvision_state(*make("{backbone: convnet}", {28, 28, 1})), ConfigError);
    EXPECT_THROW(torchvision_state(*make("{width: 32}", {32, 32, 3})), ConfigError);
    EXPECT_THROW(torchvision_state(*make("{}", {32, 32, 3}), zero_head(10, 100)), std::logic_error);
}

TEST_F(BackboneTest, ExportWithoutAHeadHasNoFc) {
    const auto state = torchvision_state(*make("{}", {32, 32, 1}));
    EXPECT_EQ(state.tensors.size(), 120U);
    EXPECT_NE(state.construction.find("model.fc = nn.Identity()"), std::string::npos);
    EXPECT_NE(state.construction.find("nn.Conv2d(1, 64, 3"), std::string::npos);
}

} // namespace
} // namespace tacit::models
