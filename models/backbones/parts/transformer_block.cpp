// SPDX-License-Identifier: Apache-2.0
#include "models/backbones/parts/transformer_block.hpp"

#include <torch/nn/init.h>
#include <torch/types.h>

#include <utility>
#include <vector>

namespace tacit::models {
namespace {

namespace nn = torch::nn;

/// branch * gamma * gain of the image, without what is undefined.
at::Tensor scaled(at::Tensor branch, const at::Tensor& gamma, const at::Tensor& gains, std::int64_t which) {
    if (gamma.defined()) {
        branch = branch * gamma;
    }
    return gains.defined() ? branch * gains.select(0, which).view({-1, 1, 1}).to(branch.scalar_type()) : branch;
}

} // namespace

nn::LayerNorm layer_norm(std::int64_t dim) {
    return nn::LayerNorm(nn::LayerNormOptions({dim}).eps(1e-6));
}

nn::Linear transformer_linear(std::int64_t in, std::int64_t out, bool bias) {
    nn::Linear linear(nn::LinearOptions(in, out).bias(bias));
    nn::init::normal_(linear->weight, 0.0, 0.02);
    if (bias) {
        nn::init::zeros_(linear->bias);
    }
    return linear;
}

TransformerBlock::TransformerBlock(const BlockOptions& options)
    : options_(options), norm1_(layer_norm(options.dim)), norm2_(layer_norm(options.dim)),
      qkv_(transformer_linear(options.dim, 3 * options.dim, options.qkv_bias)),
      proj_(transformer_linear(options.dim, options.dim)), fc1_(transformer_linear(options.dim, 4 * options.dim)),
      fc2_(transformer_linear(4 * options.dim, options.dim)) {
    const auto part = [&](const std::string& name) { return register_module(name, std::make_shared<nn::Module>()); };
    const auto gain = [&](const std::string& name) {
        return options.layer_scale == 0
                   ? at::Tensor()
                   : part(name)->register_parameter("gamma", at::full({options.dim}, options.layer_scale));
    };
    register_module("norm1", norm1_);
    const auto attn = part("attn");
    attn->register_module("qkv", qkv_);
    attn->register_module("proj", proj_);
    gamma1_ = gain("ls1");
    register_module("norm2", norm2_);
    const auto hidden = part("mlp");
    hidden->register_module("fc1", fc1_);
    hidden->register_module("fc2", fc2_);
    gamma2_ = gain("ls2");
}

at::Tensor TransformerBlock::attention(const at::Tensor& tokens, const BlockInput& input) {
    const std::int64_t images = tokens.size(0), count = tokens.size(1);
    const at::Tensor qkv = qkv_(tokens)
                               .view({images, count, 3, options_.heads, options_.dim / options_.heads})
                               .permute({2, 0, 3, 1, 4}); // [3, N, heads, T, d]
    const at::Tensor queries = rotated(qkv[0], input.rotation, input.prefix);
    const at::Tensor keys = rotated(qkv[1], input.rotation, input.prefix);
    const at::Tensor mixed = at::scaled_dot_product_attention(queries, keys, qkv[2]);
    return proj_(mixed.transpose(1, 2).reshape({images, count, options_.dim}));
}

at::Tensor TransformerBlock::mlp(const at::Tensor& tokens) {
    return fc2_(at::gelu(fc1_(tokens)));
}

at::Tensor TransformerBlock::forward(const at::Tensor& tokens, const BlockInput& input) {
    const at::Tensor mixed = tokens + scaled(attention(norm1_(tokens), input), gamma1_, input.gains, 0);
    return mixed + scaled(mlp(norm2_(mixed)), gamma2_, input.gains, 1);
}

} // namespace tacit::models
