// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "augment/image.hpp"
#include "dist/communicator.hpp"

#include <torch/nn/module.h>

#include <memory>

namespace tacit::models {

/// What a decoder reads and how wide it is.
struct DecoderOptions {
    std::int64_t channels = 0; ///< D of the code
    std::int64_t size = 1;     ///< height (= width) of the code; 1: a vector
    std::int64_t width = 16;   ///< channels at full resolution; doubled with every halving of the resolution, up to D
};

/// Draws images from a code, [N, D, h, h] (or [N, D] when h = 1) -> [N, C, H, H] without a final non-linearity, by
/// stride-2 transposed convolutions with batch norm and ReLU. No skip connections: they would let the encoder off.
/// A vector is first spread by a linear layer to the smallest map >= 4 that halving H can give. Any H >= h: where
/// doubling does not end at H, the last map is resized bilinearly.
class Decoder : public torch::nn::Module {
  public:
    virtual at::Tensor forward(const at::Tensor& code) = 0;
};

std::shared_ptr<Decoder> make_decoder(const DecoderOptions& options, augment::ImageShape shape,
                                      dist::Communicator& comm);

} // namespace tacit::models
