// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "models/backbones/parts/norm.hpp"

#include <torch/nn/module.h>
#include <torch/nn/modules/conv.h>

#include <memory>
#include <vector>

namespace tacit::models {

/// Convolution without bias, padded by half of the kernel, started from He's normal distribution (fan out).
torch::nn::Conv2d convolution(std::int64_t in, std::int64_t out, std::int64_t kernel, std::int64_t stride);

struct ResidualOptions {
    std::int64_t in = 1, inner = 1, out = 1; ///< channels
    std::int64_t stride = 1;                 ///< of the first 3x3 convolution
    bool bottleneck = false; ///< 1x1 to `inner` channels, 3x3, 1x1 instead of two 3x3, whose inner channels are `out`
    NormKind norm = NormKind::batch;
};

/// A block of a residual network (He et al. 2016) with the names of torchvision: conv1, bn1, …, downsample.{0,1}.
class ResidualBlock : public torch::nn::Module {
  public:
    ResidualBlock(const ResidualOptions& options, dist::Communicator& comm);
    /// [N, in, h, w] -> [N, out, h / stride, w / stride], rounded up.
    at::Tensor forward(const at::Tensor& input);

  private:
    class Downsample;

    std::vector<torch::nn::Conv2d> convs_;
    std::vector<Norm> norms_;
    std::shared_ptr<Downsample> downsample_;
};

} // namespace tacit::models
