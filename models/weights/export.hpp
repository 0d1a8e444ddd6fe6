// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "dist/named_tensors.hpp"
#include "models/backbones/backbone.hpp"

#include <optional>
#include <string>

namespace tacit::models {

/// A linear classifier on a backbone's features.
struct LinearHead {
    at::Tensor weight; ///< [classes, D]
    at::Tensor bias;   ///< [classes]
};

/// A head of zeros: for a state that must hold a classifier but has none trained.
LinearHead zero_head(std::int64_t classes, std::int64_t features);

/// A state that a Python library loads, and into what.
struct PythonState {
    NamedTensors
        tensors; ///< of the backbone under its own names, which are the library's, and of a head if there is one
    std::string library; ///< "torchvision" or "timm"
    /// Python that makes the `model` whose load_state_dict(state, strict=True) takes these tensors, one line. Without a
    /// head the model gives features.
    std::string construction;
};

/// Throws ConfigError when no library has the network, and std::logic_error when the head does not fit it.
PythonState python_state(const Backbone& backbone, const std::optional<LinearHead>& head = std::nullopt);

} // namespace tacit::models
