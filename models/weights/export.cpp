// SPDX-License-Identifier: Apache-2.0
#include "models/weights/export.hpp"

#include "models/backbones/resnet.hpp"
#include "pipeline/base/error.hpp"

#include <fmt/format.h>
#include <torch/nn/module.h>
#include <torch/types.h>

#include <stdexcept>

namespace tacit::models {
namespace {

constexpr std::int64_t kTorchvisionWidth = 64;

/// torchvision's resnet18 is made for RGB, 7x7 stem and width 64; the rest is said in Python.
std::string construction_of(const ResNetOptions& options, const std::optional<LinearHead>& head) {
    std::string lines = "import torchvision; from torch import nn; model = torchvision.models.resnet18(";
    lines += head ? fmt::format("num_classes={})", head->weight.size(0)) : ")";
    if (options.cifar_stem) {
        lines +=
            fmt::format("; model.conv1 = nn.Conv2d({}, 64, 3, padding=1, bias=False); model.maxpool = nn.Identity()",
                        options.channels);
    } else if (options.channels != 3) {
        lines += fmt::format("; model.conv1 = nn.Conv2d({}, 64, 7, stride=2, padding=3, bias=False)", options.channels);
    }
    return head ? lines : lines + "; model.fc = nn.Identity()";
}

} // namespace

NamedTensors state_of(const torch::nn::Module& module) {
    NamedTensors tensors;
    for (const auto& item : module.named_parameters()) {
        tensors.emplace_back(item.key(), item.value().detach().to(torch::kCPU).contiguous());
    }
    for (const auto& item : module.named_buffers()) {
        tensors.emplace_back(item.key(), item.value().detach().to(torch::kCPU).contiguous());
    }
    return tensors;
}

LinearHead zero_head(std::int64_t classes, std::int64_t features) {
    return {torch::zeros({classes, features}), torch::zeros({classes})};
}

TorchvisionState torchvision_state(const Backbone& backbone, const std::optional<LinearHead>& head) {
    const auto* options = resnet_options(backbone);
    if (options == nullptr || options->width != kTorchvisionWidth) {
        throw ConfigError(
            "torchvision has no such model: only the backbone resnet18 with width 64 can be exported for it; "
            "export with Tacit's own names: --format tacit");
    }
    TorchvisionState state{state_of(backbone), construction_of(*options, head)};
    if (head) {
        if (head->weight.dim() != 2 || head->weight.size(1) != backbone.feature_dim() ||
            head->bias.sizes() != at::IntArrayRef{head->weight.size(0)}) {
            throw std::logic_error("torchvision_state: the head does not fit the backbone's features");
        }
        state.tensors.emplace_back("fc.weight", head->weight.detach().to(torch::kCPU, torch::kFloat).contiguous());
        state.tensors.emplace_back("fc.bias", head->bias.detach().to(torch::kCPU, torch::kFloat).contiguous());
    }
    return state;
}

} // namespace tacit::models
