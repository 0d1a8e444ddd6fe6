// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "models/backbones/backbone.hpp"

namespace tacit::models {

/// Fully connected layers with batch norm and ReLU over the flattened image; its feature map is [N, D, 1, 1] with D the
/// last entry of model.hidden. Throws ConfigError for an empty list.
std::shared_ptr<Backbone> make_mlp(const config::Section& model, augment::ImageShape shape, dist::Communicator& comm);

} // namespace tacit::models
