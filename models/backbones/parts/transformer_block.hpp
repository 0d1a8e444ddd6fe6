// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "models/backbones/parts/positions.hpp"

#include <torch/nn/module.h>
#include <torch/nn/modules/linear.h>
#include <torch/nn/modules/normalization.h>

#include <memory>

namespace tacit::models {

/// What all blocks of a transformer share.
struct BlockOptions {
    std::int64_t dim = 0;
    std::int64_t heads = 1;
    bool qkv_bias = true;
    double layer_scale = 0; ///< start of each branch's gain (Touvron et al. 2021); 0: there is none
};

/// What a block needs beside its tokens.
struct BlockInput {
    Rotation rotation;       ///< of the patches
    std::int64_t prefix = 0; ///< tokens before the patches, which have no position
    at::Tensor gains;        ///< [2, N]: what attention and MLP are multiplied by (drop path); undefined: 1
};

/// LayerNorm of eps 1e-6, as vision transformers have it.
torch::nn::LayerNorm layer_norm(std::int64_t dim);

/// A linear layer with weights of N(0, 0.02^2) and biases 0, as vision transformers start.
torch::nn::Linear transformer_linear(std::int64_t in, std::int64_t out, bool bias = true);

/// x + attention(norm(x)), then x + MLP(norm(x)) with a hidden layer of 4 dim and GELU (Dosovitskiy et al. 2021).
/// Parameters are named as in timm: norm1, attn.{qkv,proj}, ls1.gamma, norm2, mlp.{fc1,fc2}, ls2.gamma.
class TransformerBlock : public torch::nn::Module {
  public:
    explicit TransformerBlock(const BlockOptions& options);
    /// [N, T, dim] -> the same.
    at::Tensor forward(const at::Tensor& tokens, const BlockInput& input = {});

  private:
    at::Tensor attention(const at::Tensor& tokens, const BlockInput& input);
    at::Tensor mlp(const at::Tensor& tokens);

    BlockOptions options_;
    torch::nn::LayerNorm norm1_, norm2_;
    torch::nn::Linear qkv_, proj_, fc1_, fc2_;
    at::Tensor gamma1_, gamma2_;
};

} // namespace tacit::models
