// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "models/backbones/mlp.hpp"
#include "models/heads/mirror_decoder.hpp"
#include "models/pretext/pretext.hpp"

#include <torch/nn/modules/linear.h>

#include <optional>
#include <string>
#include <vector>

namespace tacit::models {

/// Greedy layer-wise training of a fully connected autoencoder (Hinton & Salakhutdinov 2006; Bengio et al. 2007): each
/// layer in turn, for `epochs`, learns with its mirror to reconstruct what the layers before it, which stand still,
/// make of the image; then all train together.
class Layerwise {
  public:
    /// `last`: the layer after the backbone, followed by `activation`; empty where there is none. `decoder` mirrors
    /// all.
    Layerwise(double epochs, Mlp& encoder, torch::nn::Linear last, const Activation& activation,
              MirrorDecoder& decoder);

    /// The layer that trains alone in this step, from 0; nothing once all train.
    std::optional<std::size_t> phase(const StepContext& at) const;
    /// What the layers before `layer` make of images: [N, in], without gradient.
    at::Tensor input_of(std::size_t layer, const at::Tensor& images);
    /// The layer's reconstruction of its input.
    at::Tensor reconstructed(std::size_t layer, const at::Tensor& input);
    /// A group for each layer and its mirror, of the pretext's parameters.
    std::vector<ParameterGroup> groups(const NamedTensors& parameters) const;
    GroupPlan plan(const ParameterGroup& group, const StepContext& at) const;

  private:
    at::Tensor encoded(std::size_t layer, const at::Tensor& input);

    double epochs_;
    Mlp* encoder_;
    torch::nn::Linear last_;
    Activation activation_;
    MirrorDecoder* decoder_;
};

} // namespace tacit::models
