// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "augment/image.hpp"
#include "dist/communicator.hpp"
#include "pipeline/config/section.hpp"

#include <torch/nn/module.h>

#include <memory>
#include <string>
#include <vector>

namespace tacit::models {

struct MapShape {
    std::int64_t channels;
    std::int64_t size; ///< height and width
};

/// An encoder: normalised float images in, one feature vector an image out.
class Backbone : public torch::nn::Module {
  public:
    /// [N, C, H, W] -> [N, M, h, h] feature map before pooling (h = 1 for encoders without one).
    virtual at::Tensor feature_map(const at::Tensor& images) = 0;
    /// [N, C, H, W] -> [N, D]: the average pool of feature_map(), global (D = M) unless the encoder says otherwise.
    virtual at::Tensor forward(const at::Tensor& images);
    /// D.
    virtual std::int64_t feature_dim() const = 0;
    /// M and h of feature_map() for the images it was made for.
    virtual MapShape map_shape() const = 0;
};

/// Builds model.backbone from the `model` section for images of `shape`. Batch norms span `comm`.
/// Initialised from the global torch generator. Names: resnet18 (keys stem: cifar|standard, width),
/// convnet (width), mlp (hidden: [..]). Throws ConfigError for an unknown name or unfit shape.
std::shared_ptr<Backbone> make_backbone(const config::Section& model, augment::ImageShape shape,
                                        dist::Communicator& comm);

std::vector<std::string> backbone_names();

} // namespace tacit::models
