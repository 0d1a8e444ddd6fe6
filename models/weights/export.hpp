// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "models/backbones/backbone.hpp"
#include "models/weights/safetensors.hpp"

#include <optional>
#include <string>

namespace tacit::models {

/// Parameters, then buffers of a module under their own names, contiguous on the CPU.
NamedTensors state_of(const torch::nn::Module& module);

/// A linear classifier on a backbone's features.
struct LinearHead {
    at::Tensor weight; ///< [classes, D]
    at::Tensor bias;   ///< [classes]
};

/// A head of zeros: for a state that must hold an fc but has none trained (torchvision's resnet18 always has one).
LinearHead zero_head(std::int64_t classes, std::int64_t features);

/// A state that torchvision loads, and into what.
struct TorchvisionState {
    NamedTensors tensors; ///< conv1.weight, bn1.*, layer1.0.…, and fc.weight, fc.bias if there is a head
    /// Python that makes the `model` whose load_state_dict(state, strict=True) takes these tensors, one line. Without a
    /// head it ends in `model.fc = nn.Identity()`.
    std::string construction;
};

/// The backbone's state under torchvision's names. Throws ConfigError when `backbone` is not a resnet18, and
/// std::logic_error when the head does not fit it.
TorchvisionState torchvision_state(const Backbone& backbone, const std::optional<LinearHead>& head = std::nullopt);

} // namespace tacit::models
