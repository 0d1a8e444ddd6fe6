// SPDX-License-Identifier: Apache-2.0
#include "models/weights/export.hpp"

#include "models/backbones/resnet.hpp"
#include "models/heads/classifier.hpp"
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

/// Exports a trained-looking resnet18 with a head of 10 classes, and beside it an input and what C++ makes of it.
void export_and_read_back(const ResNetOptions& options, const std::string& name) {
    const auto comm = dist::make_self_communicator();
    torch::manual_seed(11);
    const auto backbone = make_resnet18(options, 64, *comm);
    const torch::NoGradGuard no_grad;
    const auto images = wave({2, options.channels, 64, 64}, 0.0113, 0.5).to(torch::kFloat);
    backbone->forward(images + torch::randn_like(images)); // moves the running statistics off their start
    backbone->eval();
    auto classifier = make_classifier(backbone->feature_dim(), 10);
    const auto state = torchvision_state(*backbone, LinearHead{classifier->weight, classifier->bias});
    const auto stem = (export_folder() / name).string();
    write_safetensors(stem + ".safetensors", state.tensors, {{"construction", state.construction}});
    const auto features = backbone->forward(images);
    write_safetensors(stem + "_expected.safetensors",
                      {{"images", images}, {"features", features}, {"logits", classifier(features)}});
    const auto read = read_safetensors(stem + ".safetensors");
    EXPECT_EQ(read.metadata.at("construction"), state.construction);
    const std::map<std::string, at::Tensor> tensors(read.tensors.begin(), read.tensors.end());
    for (const auto& [key, tensor] : state.tensors) {
        EXPECT_TRUE(torch::equal(tensors.at(key), tensor)) << key;
    }
    EXPECT_EQ(tensors.at("bn1.num_batches_tracked").item<std::int64_t>(), 1);
}

TEST(Export, StandardResNet18IsWrittenForTorchvision) {
    export_and_read_back({false, 64, 3}, "standard");
}

TEST(Export, CifarStemAndOneChannelAreWrittenForTorchvision) {
    export_and_read_back({true, 64, 1}, "cifar");
}

TEST(Export, ConstructionNamesTheClassesAndTheStem) {
    const auto comm = dist::make_self_communicator();
    const auto backbone = make_resnet18({false, 64, 3}, 64, *comm);
    EXPECT_EQ(torchvision_state(*backbone, zero_head(7, 512)).construction,
              "import torchvision; from torch import nn; model = torchvision.models.resnet18(num_classes=7)");
}

} // namespace
} // namespace tacit::models
