// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "models/backbones/backbone.hpp"

namespace tacit::models {

/// How a ResNet-18 was made; what decides whether its weights fit another library's model.
struct ResNetOptions {
    bool cifar_stem = true;  ///< 3x3 stride 1 without max-pool (He et al. 2016, sec. 4.2); else 7x7 stride 2 + max-pool
    std::int64_t width = 64; ///< channels of layer1; D = 8 * width
    std::int64_t channels = 3;
};

/// ResNet-18 (He et al. 2016) without its classifier, D = 8 * width. Parameters, buffers and initialisation are
/// those of torchvision.models.resnet18: conv1, bn1, layer1..4.{0,1}.{conv1,bn1,conv2,bn2,downsample.0,downsample.1}.
/// Reads model.stem (cifar | standard) and model.width. Throws ConfigError when the images are too small for the stem.
std::shared_ptr<Backbone> make_resnet18(const config::Section& model, augment::ImageShape shape,
                                        dist::Communicator& comm);

/// The same without a config; `size` is the images' height and width.
std::shared_ptr<Backbone> make_resnet18(const ResNetOptions& options, std::int64_t size, dist::Communicator& comm);

/// The options of a backbone that make_resnet18 built, nullptr for any other.
const ResNetOptions* resnet_options(const Backbone& backbone);

} // namespace tacit::models
