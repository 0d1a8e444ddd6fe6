// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "models/backbones/backbone.hpp"
#include "models/backbones/parts/drop_path.hpp"
#include "models/backbones/parts/norm.hpp"
#include "models/parts/activation.hpp"

#include <torch/nn/modules/linear.h>

#include <string>
#include <vector>

namespace tacit::models {

/// What the layers of an Mlp are.
struct MlpOptions {
    std::vector<std::int64_t> hidden = {512, 256};
    std::string norm = "batch"; ///< "none", "batch" or "group"
    Activation activation{"relu"};
    double dropout = 0; ///< share of each layer's outputs
};

/// Fully connected layers over the flattened image, each of a linear map (with a bias where no norm follows), norm,
/// activation and dropout. One layer without norm and activation is a linear map.
class Mlp : public Backbone {
  public:
    Mlp(augment::ImageShape shape, MlpOptions options, dist::Communicator& comm);

    const MlpOptions& options() const { return options_; }
    const std::vector<torch::nn::Linear>& linears() const { return linears_; }
    /// Layer `i` (from 0) of the layer before, or of flattened images: [N, in] -> [N, hidden[i]].
    at::Tensor layer(std::size_t i, const at::Tensor& input);

    at::Tensor forward(const at::Tensor& images) override { return feature_map(images).flatten(1); }
    void begin_step(const StepContext& at, const at::Tensor& ids) override { draws_.begin(at, ids); }
    bool draws() const override { return options_.dropout > 0; }
    std::vector<std::string> layer_names() const override;
    std::int64_t feature_dim() const override { return options_.hidden.back(); }
    MapShape map_shape() const override { return {feature_dim(), 1, 1}; }
    Architecture architecture() const override;
    std::string unfit(std::int64_t height, std::int64_t width) const override;

  protected:
    at::Tensor encode(const at::Tensor& images, LayerTap& tap) override;

  private:
    augment::ImageShape shape_;
    MlpOptions options_;
    std::vector<torch::nn::Linear> linears_;
    std::vector<Norm> norms_;
    SampleDraws draws_{"dropout"};
};

} // namespace tacit::models
