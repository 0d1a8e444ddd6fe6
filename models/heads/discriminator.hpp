// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "augment/image.hpp"
#include "dist/norm/batch_norm.hpp"
#include "models/parts/spectral_norm.hpp"

#include <torch/nn/modules/conv.h>
#include <torch/nn/modules/linear.h>

#include <vector>

namespace tacit::models {

struct DiscriminatorOptions {
    std::int64_t width = 64;    ///< channels of the first convolution, doubled by each further one, up to 8 times
    bool spectral_norm = false; ///< instead of batch norm
};

/// Tells real images from made ones, [N, C, H, W] -> logits [N], positive for real: convolutions of 4x4 and stride 2
/// down to a map of at most 4 pixels, with leaky ReLU of slope .2 and, but for the first, batch norm over all ranks;
/// then a linear layer. Weights start as N(0, .02) (DCGAN, Radford et al. 2016; Pathak et al. 2016).
class DiscriminatorImpl : public torch::nn::Module {
  public:
    DiscriminatorImpl(const DiscriminatorOptions& options, augment::ImageShape shape, dist::Communicator& comm);
    at::Tensor forward(const at::Tensor& images);
    /// After each step.
    void after_step();

  private:
    struct Stage {
        torch::nn::Conv2d conv = nullptr;
        dist::BatchNorm norm = nullptr;  ///< empty: none
        SpectralNorm spectral = nullptr; ///< empty: none
    };

    std::vector<Stage> stages_;
    torch::nn::Linear out_ = nullptr;
    SpectralNorm out_spectral_ = nullptr;
};
TORCH_MODULE(Discriminator);

} // namespace tacit::models
