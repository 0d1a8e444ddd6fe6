// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "dist/norm/batch_norm.hpp"
#include "models/backbones/architecture.hpp"

#include <torch/nn/modules/conv.h>

namespace tacit::models {

/// The channel-wise fully connected layer of Pathak et al. 2016, section 3.1: each channel's places see all places of
/// that channel, by weights of its own, and a convolution of 1x1 then joins the channels, with batch norm and ReLU.
/// [N, C, h, w] -> the same shape; C (h w)^2 weights instead of (C h w)^2.
class ChannelwiseImpl : public torch::nn::Module {
  public:
    ChannelwiseImpl(const MapShape& map, dist::Communicator& comm);
    at::Tensor forward(const at::Tensor& map);

  private:
    at::Tensor weight_; ///< [C, h w, h w]: from, to
    at::Tensor bias_;   ///< [C, 1, h w]
    torch::nn::Conv2d mix_ = nullptr;
    dist::BatchNorm norm_ = nullptr;
};
TORCH_MODULE(Channelwise);

} // namespace tacit::models
