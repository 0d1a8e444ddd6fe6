// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "augment/image.hpp"
#include "dist/communicator.hpp"
#include "models/backbones/architecture.hpp"

#include <torch/nn/module.h>

#include <memory>
#include <string>
#include <vector>

namespace tacit::models {

/// Of a transposed convolution, in pixels; each gives o = (i - 1) stride + (kernel - 1) - 2 padding + output_padding +
/// 1 pixels of i (Dumoulin & Visin 2016).
struct TransposedConv {
    std::int64_t kernel = 4;
    std::int64_t stride = 2;
    std::int64_t padding = 1;
    std::int64_t output_padding = 0;

    std::int64_t output(std::int64_t input) const {
        return (input - 1) * stride + (kernel - 1) - 2 * padding + output_padding + 1;
    }
    /// Why images cannot be drawn so, as a sentence; "" if they can.
    std::string unfit() const;
};

/// What a decoder reads and how wide it is.
struct DecoderOptions {
    MapShape code; ///< of 1 x 1: a vector
    std::int64_t width =
        16; ///< channels at full resolution; doubled with every halving of the resolution, up to the code's
    TransposedConv up = {};
};

/// Shapes of the maps that the layers of a decoder give: the start, after each transposed convolution (as many as fit
/// into the image), and the image.
std::vector<MapShape> decoder_shapes(const DecoderOptions& options, augment::ImageShape shape);

/// Draws images from a code, [N, D, h, w] (or [N, D] when h = w = 1) -> [N, C, H, W] without a final non-linearity, by
/// stride-2 transposed convolutions with batch norm and ReLU. No skip connections: they would let the encoder off.
/// A vector is first spread by a linear layer to the smallest map >= 4 that halving H and W can give. Any H >= h, W >=
/// w: where doubling does not end there, the last map is resized bilinearly.
class Decoder : public torch::nn::Module {
  public:
    virtual at::Tensor forward(const at::Tensor& code) = 0;
    /// Its layers with the shapes that they give, in one line.
    virtual std::string describe() const = 0;
};

std::shared_ptr<Decoder> make_decoder(const DecoderOptions& options, augment::ImageShape shape,
                                      dist::Communicator& comm);

} // namespace tacit::models
