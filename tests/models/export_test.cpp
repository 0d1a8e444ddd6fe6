// SPDX-License-Identifier: Apache-2.0
#include "models/weights/export.hpp"

#include "models/heads/classifier.hpp"
#include "tests/models/backbones/backbone_fixture.hpp"
#include "tests/models/fixture.hpp"
#include "tests/models/wave.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>

namespace tacit::models {
namespace {

/// Where tests/oracle/check_export.py looks for the files; a folder of the test's own when it does not run.
std::filesystem::path export_folder() {
    const char* given = std::getenv("TACIT_EXPORT_FOLDER");
    const auto folder =
        given != nullptr ? std::filesystem::path(given) : std::filesystem::temp_directory_path() / "tacit-export-test";
    std::filesystem::create_directories(folder);
    return folder;
}

class Export : public BackboneFixture {
  protected:
    /// Exports a trained-looking network with a head of 10 classes, and beside it an input and what C++ makes of it;
    /// gives the names of the tensors as read back.
    std::vector<std::string> write(const std::string& name, const std::string& yaml, augment::ImageShape shape) {
        torch::manual_seed(11);
        const auto backbone = make(yaml, shape);
        const torch::NoGradGuard no_grad;
        const auto images = wave({2, shape.channels, shape.height, shape.width}, 0.0113, 0.5).to(torch::kFloat);
        backbone->forward(images + torch::randn_like(images)); // moves the running statistics off their start
        backbone->eval();
        auto classifier = make_classifier(backbone->feature_dim(), 10);
        const auto state = python_state(*backbone, LinearHead{classifier->weight, classifier->bias});
        const auto stem = (export_folder() / name).string();
        write_safetensors(stem + ".safetensors", state.tensors, {{"construction", state.construction}});
        const auto features = backbone->forward(images);
        write_safetensors(stem + "_expected.safetensors", {{"images", images}, {"logits", classifier(features)}});
        const auto read = read_safetensors(stem + ".safetensors");
        EXPECT_EQ(read.metadata.at("construction"), state.construction);
        const std::map<std::string, at::Tensor> tensors(read.tensors.begin(), read.tensors.end());
        std::vector<std::string> names;
        for (const auto& [key, tensor] : state.tensors) {
            EXPECT_TRUE(torch::equal(tensors.at(key), tensor)) << key;
            names.push_back(key);
        }
        return names;
    }
};

TEST_F(Export, ResNetsAreWrittenForTorchvision) {
    const auto names = write("resnet18", "{stem: standard}", {64, 64, 3});
    EXPECT_EQ(names.size(), 122U);
    EXPECT_EQ(names.back(), "fc.bias");
    write("resnet18_cifar", "{}", {64, 64, 1});
    write("resnet50_group", "{backbone: resnet50, stem: standard, norm: group}", {64, 48, 4});
    write("wide_resnet50_2", "{backbone: wide_resnet50_2}", {16, 16, 3});
}

TEST_F(Export, PlainNetworksAreWrittenForTorchvision) {
    EXPECT_EQ(write("vgg11_bn", "{backbone: vgg11}", {32, 48, 1}).back(), "classifier.bias");
    write("alexnet", "{backbone: alexnet, stem: standard, norm: none}", {64, 64, 3});
    write("alexnet_cifar", "{backbone: alexnet, norm: none}", {32, 32, 3});
    EXPECT_THROW(python_state(*make("{backbone: alexnet}", {32, 32, 3})), ConfigError);
}

TEST_F(Export, VisionTransformersAreWrittenForTimm) {
    const std::string small = "{backbone: vit_tiny, width: 48, depth: 2, ";
    EXPECT_EQ(write("vit", small + "patch: 4}", {16, 24, 3}).back(), "head.bias");
    write("vit_learned", small + "patch: 8, positions: learned, layer_scale: 0.01}", {32, 32, 1});
    write("vit_registers", small + "positions: learned, registers: 4, qkv_bias: false}", {16, 16, 4});
    write("vit_mean", small + "class_token: false, pool: mean}", {16, 16, 3});
    EXPECT_THROW(python_state(*make(small + "positions: rotary}", {16, 16, 3})), ConfigError);
}

TEST_F(Export, ConstructionNamesTheClassesAndTheStem) {
    EXPECT_EQ(python_state(*make("{stem: standard}", {64, 64, 3}), zero_head(7, 512)).construction,
              "import torchvision; from torch import nn; model = torchvision.models.resnet18(num_classes=7)");
    EXPECT_EQ(python_state(*make("{backbone: resnet50, norm: group}", {64, 64, 2}), zero_head(7, 2048)).construction,
              "import torchvision; from torch import nn; model = torchvision.models.resnet50(num_classes=7, "
              "norm_layer=lambda channels: nn.GroupNorm(32, channels)); model.conv1 = nn.Conv2d(2, 64, 3, padding=1, "
              "bias=False); model.maxpool = nn.Identity()");
}

} // namespace
} // namespace tacit::models
