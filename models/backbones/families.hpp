// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "models/backbones/backbone.hpp"

namespace tacit::models {

// One function for each family of networks, in the file of its name; backbone.cpp says which names it has. It reads the
// options of request.model; what it returns builds the network. All throw ConfigError for options that do not fit.

/// A small residual net for images of 16 to 64 pixels on CPUs: five 3x3 convolutions (w, 2w, 4w, 8w, 16w; the middle
/// three of stride 2) with a residual block after the second and the third. The feature map has an eighth of
/// the images' height and width; it is averaged over its four quarters, which keeps coarse place, so D = 4 * 16 * width
/// (images of 8 pixels: one cell, D = 16 * width).
BackboneMaker read_convnet(const BackboneRequest& request);

/// Fully connected layers over the flattened image (mlp.hpp). Reads model.hidden, model.norm (none | batch | group),
/// model.activation and model.dropout; its feature map is [N, D, 1, 1] with D the
/// last entry of model.hidden.
BackboneMaker read_mlp(const BackboneRequest& request);

/// Network in network (Lin et al. 2014) as RotNet has it (Gidaris et al. 2018): `blocks` of a 5x5 or 3x3 and two 1x1
/// convolutions, each with batch norm and ReLU; the first two blocks end in a pool of stride 2. Layers are the blocks
/// after their pools.
BackboneMaker read_nin(const BackboneRequest& request);

/// The convolutions of AlexNet (Krizhevsky et al. 2012; one column) and of VGG (Simonyan & Zisserman 2015), as in
/// torchvision, without its fully connected layers; features are the average of the last map. Reads model.norm (none |
/// batch | group), model.width, the channels of the first convolution, and for alexnet model.stem (cifar: 3x3 of stride
/// 1; standard: 11x11 of stride 4).
BackboneMaker read_plain(const BackboneRequest& request);

/// Residual networks (He et al. 2016) without their classifier. Parameters, buffers and initialisation are those
/// of torchvision's models of the same name. Reads model.stem (cifar: 3x3 of stride 1 without max-pool, He et al. 2016,
/// sec. 4.2; standard: 7x7 of stride 2 and max-pool), model.width, the channels of the stem (layer1's 3x3 convolutions
/// have as many, twice as many in the wide ones), model.norm (batch | group) and
/// model.checkpoint.
BackboneMaker read_resnet(const BackboneRequest& request);

/// Vision transformers (Dosovitskiy et al. 2021) without their classifier; a TokenBackbone. Parameters are named as in
/// timm's VisionTransformer and start as there. Reads model.patch, width, depth, heads, positions (sincos | learned |
/// rotary; those of another grid are interpolated), class_token, registers (Darcet et al. 2024), pool (token | mean),
/// drop_path (the last block's rate; from 0 on, linearly), layer_scale, qkv_bias and checkpoint.
BackboneMaker read_vit(const BackboneRequest& request);

} // namespace tacit::models
