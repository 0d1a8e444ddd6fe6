// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "models/backbones/mlp.hpp"
#include "models/heads/decoder.hpp"

#include <torch/nn/modules/linear.h>

#include <vector>

namespace tacit::models {

/// The symmetric decoder of fully connected encoders: for each of its linear layers, from the code back, one of the
/// transposed shape; all but the last, which gives the pixels, with the norm and activation of the encoder. With `tied`
/// weights it is the transposed matrix itself (Vincent et al. 2010, section 3.1) and only a bias is its own.
class MirrorDecoder : public Decoder {
  public:
    /// `encoder`: its linear layers from the pixels to the code.
    MirrorDecoder(std::vector<torch::nn::Linear> encoder, const MlpOptions& options, bool tied,
                  augment::ImageShape shape, dist::Communicator& comm);
    /// Codes [N, D] or [N, D, 1, 1] -> [N, C, H, W].
    at::Tensor forward(const at::Tensor& code) override;
    /// What layer `i` of the encoder (from 0) gave -> what it got; pixels are flat.
    at::Tensor layer(std::size_t i, const at::Tensor& output);
    std::size_t layers() const { return encoder_.size(); }
    std::string describe() const override;

  private:
    augment::ImageShape shape_;
    std::vector<torch::nn::Linear> encoder_; ///< not registered: the encoder's own
    Activation activation_;
    std::vector<torch::nn::Linear> linears_; ///< of each layer of the encoder, unless tied
    std::vector<at::Tensor> biases_;         ///< the same, tied
    std::vector<Norm> norms_;                ///< of the layers from the second on
};

} // namespace tacit::models
